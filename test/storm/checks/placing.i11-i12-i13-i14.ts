import { orderId } from '../../../specs/identity.ts';
import type { Exchange } from '../clients/history.ts';
import { keyOf, orderIdOf, verdictOf, versionOf } from '../clients/verdict.ts';
import type { Rows, OrderRow } from './rows.ts';
import type { Violation } from './violation.ts';

interface Attempt {
  exchange: Exchange;
  owner: string;
  price: number;
  ifMatch: number | undefined;
  key: string | undefined;
  verdict: ReturnType<typeof verdictOf>;
  id: string | undefined;
}

/** I11 to I14: requests that place orders, their responses and the order rows agree. */
export function checkPlacing(exchanges: readonly Exchange[], { orders }: Pick<Rows, 'orders'>): Violation[] {
  const attempts = exchanges
    .filter(({ request, userId }) => request.operation === 'createOrder' && userId !== undefined)
    .map(toAttempt);
  const byKey = Map.groupBy(
    attempts.filter(({ key }) => key !== undefined),
    ({ owner, key }) => `${owner} ${key}`,
  );
  return [
    ...acknowledged(attempts, orders),
    ...versions(attempts),
    ...[...byKey.values()].flatMap(underOneKey),
    ...unrequested(attempts, orders),
  ];
}

function toAttempt(exchange: Exchange): Attempt {
  const { request, userId } = exchange;
  const verdict = verdictOf(exchange);
  return {
    exchange,
    owner: userId!,
    price: request.body!['price'] as number,
    ifMatch: versionOf(request.headers['if-match']),
    key: keyOf(exchange),
    verdict,
    id: verdict === 'applied' ? orderIdOf(exchange) : undefined,
  };
}

const FIRST_STATUS: Readonly<Record<string, string>> = {
  'insufficient-funds': 'FAILED',
  'order-failed': 'FAILED',
  'order-cancelled': 'CANCELLED',
};

/** I13: each acknowledged order has a row that matches the response. */
function acknowledged(attempts: readonly Attempt[], orders: readonly OrderRow[]): Violation[] {
  const byId = new Map(orders.map((order) => [order.id, order]));
  return attempts.flatMap(({ exchange: { seq, response }, owner, price, verdict, id }): Violation[] => {
    if (verdict !== 'applied') return [];
    const row = byId.get(id ?? '');
    const returned = `request ${seq} returned ${response!.status} ${response!.kind ?? ''} with the order ${id}`;
    if (!row) return [{ invariant: 'I13', what: `${returned}, which does not exist` }];
    const wrong = [
      row.owner !== owner && 'which belongs to another buyer',
      row.price !== price && `whose price is ${row.price}`,
      response!.status < 400 &&
        (response!.body.version !== row.version || response!.body.price !== row.price) &&
        'but its row has another price or version',
      response!.status === 201 &&
        (row.firstStatus ?? row.status) !== 'SUCCESS' &&
        `which first became ${row.firstStatus}`,
      response!.kind !== undefined &&
        (row.firstStatus ?? row.status) !== FIRST_STATUS[response!.kind] &&
        `which first became ${row.firstStatus}`,
    ];
    return wrong.filter((each) => each !== false).map((each) => ({ invariant: 'I13', what: `${returned}, ${each}` }));
  });
}

/** I11: an order gets the version after the one in its request, and no two orders of a buyer get the same version. */
function versions(attempts: readonly Attempt[]): Violation[] {
  const made = new Map<string, string>();
  return attempts.flatMap(({ exchange: { seq, response }, owner, ifMatch, id }): Violation[] => {
    if (!response || response.status >= 300) return [];
    const name = `${owner} ${response.body.version as number}`;
    const other = made.get(name) ?? id;
    made.set(name, id!);
    const isReplayed = response.headers['idempotent-replayed'] === 'true';
    return [
      ...(ifMatch === undefined || isReplayed || response.body.version === ifMatch + 1
        ? []
        : [
            {
              invariant: 'I11',
              what: `request ${seq} at version ${ifMatch} made version ${response.body.version as number}`,
            } as const,
          ]),
      ...(other === id
        ? []
        : [{ invariant: 'I11', what: `the orders ${other} and ${id} both made version ${name}` } as const]),
    ];
  });
}

/** These statuses say nothing about the key: they are returned before the orders service looks it up. */
const UNINFORMATIVE: readonly number[] = [401, 429];

/** I12: one key makes one order, all its responses agree, and a different request under the key is rejected. */
function underOneKey(attempts: readonly Attempt[]): Violation[] {
  const applied = attempts.filter(({ verdict }) => verdict === 'applied');
  const first = applied.toSorted((a, b) => a.exchange.endedMs - b.exchange.endedMs)[0];
  if (!first) return [];
  const returned = (each: Attempt) => {
    const { status, body } = each.exchange.response!;
    return status < 400 ? `${each.id} ${body.price} ${body.version}` : undefined;
  };
  const different =
    new Set(applied.map(returned).filter((each) => each !== undefined)).size > 1 ||
    new Set(applied.map(({ id }) => id)).size > 1;
  const later = attempts.filter(({ exchange }) => exchange.startedMs > first.exchange.endedMs);
  return [
    ...(different ? [{ invariant: 'I12', what: `the key ${first.key} returned different orders` } as const] : []),
    ...attempts
      .filter(({ price, verdict }) => price !== first.price && verdict === 'applied')
      .map(({ exchange: { seq } }): Violation => ({
        invariant: 'I12',
        what: `request ${seq} had an effect under the key ${first.key} of another request`,
      })),
    ...later
      .filter(({ verdict, exchange }) => verdict === 'rejected' && !UNINFORMATIVE.includes(exchange.response!.status))
      .filter(({ price, exchange }) => exchange.response!.kind !== (price === first.price ? undefined : 'key-reused'))
      .map(({ exchange: { seq, response } }): Violation => ({
        invariant: 'I12',
        what: `request ${seq} under the used key ${first.key} was rejected with ${response!.kind}`,
      })),
  ];
}

/** I14: each order comes from a request that was not rejected. */
function unrequested(attempts: readonly Attempt[], orders: readonly OrderRow[]): Violation[] {
  const possible = attempts.filter(({ verdict }) => verdict !== 'rejected');
  const named = new Set(
    possible.map(({ owner, price, key, id }) => `${key === undefined ? id : orderId(owner, key)} ${price}`),
  );
  const unknown = possible.filter(({ verdict, key }) => verdict === 'unknown' && key === undefined);
  const atVersion = new Set(unknown.map(({ owner, price, ifMatch }) => `${owner} ${ifMatch! + 1} ${price}`));
  return orders
    .filter(
      ({ id, owner, price, version }) => !named.has(`${id} ${price}`) && !atVersion.has(`${owner} ${version} ${price}`),
    )
    .map(({ id, owner }) => ({
      invariant: 'I14',
      what: `the order ${id} of ${owner} was never requested, or only by rejected requests`,
    }));
}
