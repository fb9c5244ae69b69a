import type { Exchange } from '../clients/history.ts';
import type { Rows } from './rows.ts';
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
/** These statuses say nothing about the resource: they are returned before it is looked up. */
const UNINFORMATIVE: readonly number[] = [401, 429];

/** I22, I23: no response reveals another buyer's data or existence; only a session or token identifies a buyer. */
export function checkPrivacy(
  exchanges: readonly Exchange[],
  rows: Pick<Rows, 'orders' | 'notifications' | 'movements'>,
): Violation[] {
  const owners = ownersOf(exchanges, rows);
  return [
    ...leaks(exchanges, owners),
    ...distinguishableRefusals(exchanges, owners),
    ...claimedIdentities(exchanges),
    ...endedSessions(exchanges),
  ];
}

function ownersOf(
  exchanges: readonly Exchange[],
  { orders, notifications, movements }: Pick<Rows, 'orders' | 'notifications' | 'movements'>,
): Map<string, string> {
  const owners = new Map<string, string>();
  for (const { id, owner } of [...orders, ...notifications]) owners.set(id, owner);
  for (const { key, owner } of movements) owners.set(key, owner);
  for (const { userId, request } of exchanges) {
    if (userId === undefined) continue;
    owners.set(userId, userId);
    const own =
      request.operation === 'createProfile' || (request.operation === 'updateProfile' && request.path.endsWith(userId));
    for (const value of own ? Object.values(request.body ?? {}) : []) owners.set(String(value), userId);
  }
  return owners;
}

function leaks(exchanges: readonly Exchange[], owners: ReadonlyMap<string, string>): Violation[] {
  return exchanges.flatMap(({ seq, userId, request, response }): Violation[] => {
    if (userId === undefined || response?.body === undefined) return [];
    const sent = new Set(
      [...JSON.stringify(request.body ?? {}).matchAll(UUID), ...request.path.matchAll(UUID)].map(([id]) => id),
    );
    const foreign = valuesIn(response.body).filter(
      (value) => !sent.has(value) && (owners.get(value) ?? userId) !== userId,
    );
    const invariant = 'x-user-id' in request.headers ? 'I23' : 'I22';
    return foreign.map((value) => ({
      invariant,
      what: `the response to request ${seq} of ${userId} contains ${value}, which belongs to ${owners.get(value)}`,
    }));
  });
}

function valuesIn(body: unknown): string[] {
  if (typeof body === 'string') return [body, ...[...body.matchAll(UUID)].map(([id]) => id)];
  return typeof body === 'object' && body !== null ? Object.values(body).flatMap(valuesIn) : [];
}

/** I22: a request for another buyer's resource and one for a missing resource get the same response. */
function distinguishableRefusals(exchanges: readonly Exchange[], owners: ReadonlyMap<string, string>): Violation[] {
  const about = exchanges.filter(
    ({ userId, request, response }) =>
      userId && ABOUT_ONE.includes(request.operation) && response && response.status < 500,
  );
  const foreign = about.filter(
    ({ userId, request, response }) =>
      owners.get(idIn(request.path)) !== userId && !UNINFORMATIVE.includes(response!.status),
  );
  return [...Map.groupBy(foreign, ({ request }) => request.operation)].flatMap(([operation, group]) => {
    const answers = new Set(
      group.map(({ response }) => `${response!.status} ${response!.kind} ${String(response!.body?.detail)}`),
    );
    return answers.size > 1
      ? [
          {
            invariant: 'I22' as const,
            what: `${operation} of foreign and missing resources returns different answers: ${[...answers].join('; ')}`,
          },
        ]
      : [];
  });
}

/** The first id in a text. */
export const idIn = (text: string): string => text.match(UUID)?.[0] ?? '';

/** I23: an identity header without a token is rejected. */
function claimedIdentities(exchanges: readonly Exchange[]): Violation[] {
  const claims = exchanges.filter(
    ({ userId, request, response }) =>
      userId === undefined && 'x-user-id' in request.headers && response && response.status < 500,
  );
  return claims
    .filter(({ response }) => response!.status !== 401)
    .map(({ seq, response }) => ({
      invariant: 'I23',
      what: `request ${seq} only claimed an identity, but returned ${response!.status}`,
    }));
}

/** I23: after its logout a session no longer identifies its buyer. */
function endedSessions(exchanges: readonly Exchange[]): Violation[] {
  const logouts = exchanges.filter(
    ({ request, response }) => request.operation === 'logout' && response?.status === 200,
  );
  const loggedOutMs = new Map(logouts.map(({ request, endedMs }) => [request.headers['cookie'], endedMs]));
  return exchanges
    .filter(
      ({ request, startedMs, response }) =>
        startedMs >= (loggedOutMs.get(request.headers['cookie']) ?? Infinity) && response && response.status < 500,
    )
    .filter(({ response }) => response!.status !== 401)
    .map(({ seq, response }) => ({
      invariant: 'I23',
      what: `request ${seq} used a session after its logout, but returned ${response!.status}`,
    }));
}
