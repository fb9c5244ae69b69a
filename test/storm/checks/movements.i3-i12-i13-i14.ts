import type { Exchange } from '../clients/history.ts';
import { keyOf, verdictOf } from '../clients/verdict.ts';
import type { Rows, MovementRow } from './rows.ts';
import type { Violation } from './violation.ts';

const SIGNS: Readonly<Record<string, 1 | -1>> = { replenish: 1, withdraw: -1 };
const DECLINES: readonly string[] = ['insufficient-funds', 'balance-limit', 'charge-cancelled'];
/** These statuses say nothing about the key: they are returned before billing sees the request. */
const UNINFORMATIVE: readonly number[] = [401, 429];

/** I3, I12, I13, I14: deposits and withdrawals, their responses and the ledger agree. */
export function checkMovements(exchanges: readonly Exchange[], { movements }: Pick<Rows, 'movements'>): Violation[] {
  const attempts = exchanges.filter((exchange) => exchange.request.operation in SIGNS && exchange.userId !== undefined);
  const groups = Map.groupBy(attempts, (exchange) => `${exchange.userId} ${keyOf(exchange)}`);
  const rows = new Map(
    movements.filter(({ scope }) => scope === 'client').map((row) => [`${row.owner} ${row.key}`, row]),
  );
  return [
    ...[...groups].flatMap(([name, group]) => [...oneOutcome(name, group), ...effect(name, group, rows.get(name))]),
    ...[...rows.keys()]
      .filter((name) => !groups.has(name))
      .map((name): Violation => ({ invariant: 'I3', what: `money moved under ${name} without a request` })),
  ];
}

function oneOutcome(name: string, group: readonly Exchange[]): Violation[] {
  const outcomes = group
    .filter(({ response }) => response?.status === 201 || DECLINES.includes(response?.kind ?? ''))
    .toSorted((a, b) => a.endedMs - b.endedMs);
  const [first] = outcomes;
  if (!first) return [];
  const different = new Set(outcomes.map(outcomeOf)).size > 1 || new Set(outcomes.map(requestOf)).size > 1;
  const laterRejections = group.filter(
    (exchange) =>
      exchange.startedMs > first.endedMs &&
      verdictOf(exchange) === 'rejected' &&
      !UNINFORMATIVE.includes(exchange.response!.status),
  );
  return [
    ...(different ? [{ invariant: 'I12', what: `the key ${name} had different outcomes` } as const] : []),
    ...laterRejections
      .filter((exchange) => requestOf(exchange) === requestOf(first) && outcomeOf(exchange) !== outcomeOf(first))
      .map(({ seq, response }): Violation => ({
        invariant: 'I12',
        what: `request ${seq} repeats a request that has an outcome, but was rejected with ${response!.kind}`,
      })),
    ...laterRejections
      .filter((exchange) => requestOf(exchange) !== requestOf(first) && exchange.response!.kind !== 'key-reused')
      .map(({ seq, response }): Violation => ({
        invariant: 'I12',
        what: `request ${seq} reuses a key for a different request, but was rejected with ${response!.kind}`,
      })),
  ];
}

const outcomeOf = ({ response }: Exchange): string =>
  response!.status === 201
    ? `201 ${response!.body.transactionId} ${response!.body.amount} ${response!.body.balance}`
    : `${response!.status} ${response!.kind}`;

const requestOf = ({ request: { operation, body } }: Exchange): string => `${operation} ${String(body!['amount'])}`;

/**
 * The ledger has every acknowledged movement and no rejected one. It has a movement with an unknown outcome either
 * completely or not at all.
 */
function effect(name: string, group: readonly Exchange[], row: MovementRow | undefined): Violation[] {
  const acknowledged = group.filter(({ response }) => response?.status === 201);
  const lost = acknowledged.filter(({ response }) => row?.id !== response!.body.transactionId);
  const possible = group.filter((exchange) => verdictOf(exchange) !== 'rejected').map(signedAmountOf);
  const isUnrequested = row !== undefined && !possible.includes(row.amount);
  const declined = row !== undefined && group.find(({ response }) => DECLINES.includes(response?.kind ?? ''));
  return [
    ...lost.map(({ seq, request: { operation } }): Violation => ({
      invariant: operation === 'replenish' ? 'I3' : 'I13',
      what: `request ${seq} was acknowledged, but its movement is not in the ledger`,
    })),
    ...(isUnrequested
      ? [
          {
            invariant: row.kind === 'replenishment' ? 'I3' : 'I14',
            what: `${row.amount} moved under ${name}, but that was rejected or never requested`,
          } as const,
        ]
      : []),
    ...(declined
      ? [{ invariant: 'I14', what: `request ${declined.seq} was declined, but its money has moved` } as const]
      : []),
  ];
}

const signedAmountOf = ({ request: { operation, body } }: Exchange): number =>
  SIGNS[operation]! * (body!['amount'] as number);
