import type { Exchange } from '../clients/history.ts';
import { keyOf, verdictOf } from '../clients/verdict.ts';
import type { Books, MovementRow } from './books.ts';
import type { Violation } from './violation.ts';

const SIGNS: Readonly<Record<string, 1 | -1>> = { replenish: 1, withdraw: -1 };
const DECLINES: readonly string[] = ['insufficient-funds', 'balance-limit', 'charge-cancelled'];
const NOTHING_TOLD: readonly number[] = [401, 429];

/** What the requests that move a buyer's money, and what was answered to them, contradict: each other, or the ledger. */
export function brokenMoves(exchanges: readonly Exchange[], { movements }: Pick<Books, 'movements'>): Violation[] {
  const asked = exchanges.filter((exchange) => exchange.asked.operation in SIGNS && exchange.as !== undefined);
  const groups = Map.groupBy(asked, (exchange) => `${exchange.as} ${keyOf(exchange)}`);
  const rows = new Map(
    movements.filter(({ scope }) => scope === 'client').map((row) => [`${row.owner} ${row.key}`, row]),
  );
  return [
    ...[...groups].flatMap(([name, group]) => [...answers(name, group), ...effect(name, group, rows.get(name))]),
    ...[...rows.keys()]
      .filter((name) => !groups.has(name))
      .map((name): Violation => ({ invariant: 'I3', what: `money moved under ${name}, which nobody has asked for` })),
  ];
}

/** One key, one outcome, which all answers tell alike. */
function answers(name: string, group: readonly Exchange[]): Violation[] {
  const outcomes = group
    .filter(({ answer }) => answer?.status === 201 || DECLINES.includes(answer?.kind ?? ''))
    .toSorted((a, b) => a.endedMs - b.endedMs);
  const [first] = outcomes;
  if (!first) return [];
  const different = new Set(outcomes.map(outcomeOf)).size > 1 || new Set(outcomes.map(requestOf)).size > 1;
  const turnedAway = group.filter(
    (exchange) =>
      exchange.beganMs > first.endedMs &&
      verdictOf(exchange) === 'refused' &&
      !NOTHING_TOLD.includes(exchange.answer!.status),
  );
  return [
    ...(different ? [{ invariant: 'I12', what: `the key ${name} has had different outcomes` } as const] : []),
    ...turnedAway
      .filter((exchange) => requestOf(exchange) === requestOf(first) && outcomeOf(exchange) !== outcomeOf(first))
      .map(({ seq, answer }): Violation => ({
        invariant: 'I12',
        what: `request ${seq} repeats one that has an outcome, and was answered ${answer!.kind}`,
      })),
    ...turnedAway
      .filter((exchange) => requestOf(exchange) !== requestOf(first) && exchange.answer!.kind !== 'key-reused')
      .map(({ seq, answer }): Violation => ({
        invariant: 'I12',
        what: `request ${seq} is another one under a used key, and was answered ${answer!.kind}`,
      })),
  ];
}

const outcomeOf = ({ answer }: Exchange): string =>
  answer!.status === 201
    ? `201 ${answer!.body.transactionId} ${answer!.body.amount} ${answer!.body.balance}`
    : `${answer!.status} ${answer!.kind}`;

const requestOf = ({ asked: { operation, body } }: Exchange): string => `${operation} ${String(body!['amount'])}`;

/** What was acknowledged is in the ledger as it was acknowledged, what was refused is not, and of what is unknown all or nothing. */
function effect(name: string, group: readonly Exchange[], row: MovementRow | undefined): Violation[] {
  const made = group.filter(({ answer }) => answer?.status === 201);
  const lost = made.filter(({ answer }) => row?.id !== answer!.body.transactionId);
  const possible = group.filter((exchange) => verdictOf(exchange) !== 'refused').map(signedAmountOf);
  const isUnasked = row !== undefined && !possible.includes(row.amount);
  const declined = row !== undefined && group.find(({ answer }) => DECLINES.includes(answer?.kind ?? ''));
  return [
    ...lost.map(({ seq, asked: { operation } }): Violation => ({
      invariant: operation === 'replenish' ? 'I3' : 'I13',
      what: `request ${seq} was acknowledged, and its movement is not in the ledger`,
    })),
    ...(isUnasked
      ? [
          {
            invariant: row.kind === 'replenishment' ? 'I3' : 'I14',
            what: `${row.amount} moved under ${name}, where that was refused or never asked for`,
          } as const,
        ]
      : []),
    ...(declined
      ? [{ invariant: 'I14', what: `request ${declined.seq} was declined, and its money has moved` } as const]
      : []),
  ];
}

const signedAmountOf = ({ asked: { operation, body } }: Exchange): number =>
  SIGNS[operation]! * (body!['amount'] as number);
