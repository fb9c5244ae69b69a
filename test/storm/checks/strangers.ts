import type { Exchange } from '../clients/history.ts';
import type { Books } from './books.ts';
import type { Violation } from './violation.ts';

const UUID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g;
const ABOUT_ONE: readonly string[] = [
  'readOrder',
  'orderEvents',
  'cancelOrder',
  'readUser',
  'readProfile',
  'updateProfile',
];
/** What is the same for whomever it is about. */
const NOTHING_TOLD: readonly number[] = [401, 429];

/** Whether somebody got to see what is another's, or could tell from an answer that it exists. */
export function brokenPrivacy(
  exchanges: readonly Exchange[],
  books: Pick<Books, 'orders' | 'notifications' | 'movements'>,
): Violation[] {
  const owners = ownersOf(exchanges, books);
  return [
    ...leaks(exchanges, owners),
    ...tellingRefusals(exchanges, owners),
    ...unproven(exchanges),
    ...returned(exchanges),
  ];
}

/** Whose each id and each trace of a person is. */
function ownersOf(
  exchanges: readonly Exchange[],
  { orders, notifications, movements }: Pick<Books, 'orders' | 'notifications' | 'movements'>,
): Map<string, string> {
  const owners = new Map<string, string>();
  for (const { id, owner } of [...orders, ...notifications]) owners.set(id, owner);
  for (const { key, owner } of movements) owners.set(key, owner);
  for (const { as, asked } of exchanges) {
    if (as === undefined) continue;
    owners.set(as, as);
    const own = asked.operation === 'createProfile' || (asked.operation === 'updateProfile' && asked.path.endsWith(as));
    for (const trace of own ? Object.values(asked.body ?? {}) : []) owners.set(String(trace), as);
  }
  return owners;
}

function leaks(exchanges: readonly Exchange[], owners: ReadonlyMap<string, string>): Violation[] {
  return exchanges.flatMap(({ seq, as, asked, answer }): Violation[] => {
    if (as === undefined || answer?.body === undefined) return [];
    const said = new Set(
      [...JSON.stringify(asked.body ?? {}).matchAll(UUID), ...asked.path.matchAll(UUID)].map(([id]) => id),
    );
    const strange = tracesIn(answer.body).filter((trace) => !said.has(trace) && (owners.get(trace) ?? as) !== as);
    const invariant = 'x-user-id' in asked.headers ? 'I23' : 'I22';
    return strange.map((trace) => ({
      invariant,
      what: `the answer to request ${seq} of ${as} holds ${trace}, which is ${owners.get(trace)}'s`,
    }));
  });
}

/** Each text in an answer, and each id in a text. */
function tracesIn(body: unknown): string[] {
  if (typeof body === 'string') return [body, ...[...body.matchAll(UUID)].map(([id]) => id)];
  return typeof body === 'object' && body !== null ? Object.values(body).flatMap(tracesIn) : [];
}

/** What is another's is answered as what does not exist is. */
function tellingRefusals(exchanges: readonly Exchange[], owners: ReadonlyMap<string, string>): Violation[] {
  const about = exchanges.filter(
    ({ as, asked, answer }) => as && ABOUT_ONE.includes(asked.operation) && answer && answer.status < 500,
  );
  const strange = about.filter(
    ({ as, asked, answer }) => owners.get(idIn(asked.path)) !== as && !NOTHING_TOLD.includes(answer!.status),
  );
  return [...Map.groupBy(strange, ({ asked }) => asked.operation)].flatMap(([operation, group]) => {
    const answers = new Set(
      group.map(({ answer }) => `${answer!.status} ${answer!.kind} ${String(answer!.body?.detail)}`),
    );
    return answers.size > 1
      ? [
          {
            invariant: 'I22' as const,
            what: `${operation} of what is not one's own is answered in different ways: ${[...answers].join('; ')}`,
          },
        ]
      : [];
  });
}

/** The first id in a text. */
export const idIn = (text: string): string => text.match(UUID)?.[0] ?? '';

/** Whoever only says who they are is nobody. */
function unproven(exchanges: readonly Exchange[]): Violation[] {
  const claims = exchanges.filter(
    ({ as, asked, answer }) => as === undefined && 'x-user-id' in asked.headers && answer && answer.status < 500,
  );
  return claims
    .filter(({ answer }) => answer!.status !== 401)
    .map(({ seq, answer }) => ({
      invariant: 'I23',
      what: `request ${seq} only claimed an identity, and was answered ${answer!.status}`,
    }));
}

/** Whoever has left is nobody. */
function returned(exchanges: readonly Exchange[]): Violation[] {
  const left = exchanges.filter(({ asked, answer }) => asked.operation === 'logout' && answer?.status === 200);
  const leftMs = new Map(left.map(({ asked, endedMs }) => [asked.headers['cookie'], endedMs]));
  return exchanges
    .filter(
      ({ asked, beganMs, answer }) =>
        beganMs >= (leftMs.get(asked.headers['cookie']) ?? Infinity) && answer && answer.status < 500,
    )
    .filter(({ answer }) => answer!.status !== 401)
    .map(({ seq, answer }) => ({
      invariant: 'I23',
      what: `request ${seq} came in a session that had been left, and was answered ${answer!.status}`,
    }));
}
