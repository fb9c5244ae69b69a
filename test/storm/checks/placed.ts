import { orderId } from '../../../specs/identity.ts';
import type { Exchange } from '../clients/history.ts';
import { keyOf, orderIdOf, verdictOf, versionOf } from '../clients/verdict.ts';
import type { Books, OrderRow } from './books.ts';
import type { Violation } from './violation.ts';

/** A request to place an order, what was asked, and what is known of it. */
interface Attempt {
  exchange: Exchange;
  owner: string;
  price: number;
  ifMatch: number | undefined;
  key: string | undefined;
  verdict: ReturnType<typeof verdictOf>;
  /** The order that the answer tells of. */
  id: string | undefined;
}

/** What the requests that place orders, and what was answered to them, contradict: each other, or the orders that there are. */
export function brokenPlacing(exchanges: readonly Exchange[], { orders }: Pick<Books, 'orders'>): Violation[] {
  const attempts = exchanges
    .filter(({ asked, as }) => asked.operation === 'createOrder' && as !== undefined)
    .map(toAttempt);
  const byKey = Map.groupBy(
    attempts.filter(({ key }) => key !== undefined),
    ({ owner, key }) => `${owner} ${key}`,
  );
  return [
    ...acknowledged(attempts, orders),
    ...versions(attempts),
    ...[...byKey.values()].flatMap(underOneKey),
    ...unasked(attempts, orders),
  ];
}

function toAttempt(exchange: Exchange): Attempt {
  const { asked, as } = exchange;
  const verdict = verdictOf(exchange);
  return {
    exchange,
    owner: as!,
    price: asked.body!['price'] as number,
    ifMatch: versionOf(asked.headers['if-match']),
    key: keyOf(exchange),
    verdict,
    id: verdict === 'taken' ? orderIdOf(exchange) : undefined,
  };
}

/** What an order first became, by the kind of the refusal that tells of it. */
const FIRST: Readonly<Record<string, string>> = {
  'insufficient-funds': 'FAILED',
  'order-failed': 'FAILED',
  'order-cancelled': 'CANCELLED',
};

/** Each order that was acknowledged is there as it was acknowledged. */
function acknowledged(attempts: readonly Attempt[], orders: readonly OrderRow[]): Violation[] {
  const byId = new Map(orders.map((order) => [order.id, order]));
  return attempts.flatMap(({ exchange: { seq, answer }, owner, price, verdict, id }): Violation[] => {
    if (verdict !== 'taken') return [];
    const row = byId.get(id ?? '');
    const told = `request ${seq} was answered ${answer!.status} ${answer!.kind ?? ''} with the order ${id}`;
    if (!row) return [{ invariant: 'I13', what: `${told}, which is not there` }];
    const wrong = [
      row.owner !== owner && 'which is another buyer’s',
      row.price !== price && `which is one for ${row.price}`,
      answer!.status < 400 &&
        (answer!.body.version !== row.version || answer!.body.price !== row.price) &&
        'as which it is not there',
      answer!.status === 201 && (row.firstStatus ?? row.status) !== 'SUCCESS' && `which became ${row.firstStatus}`,
      answer!.kind !== undefined &&
        (row.firstStatus ?? row.status) !== FIRST[answer!.kind] &&
        `which became ${row.firstStatus}`,
    ];
    return wrong.filter((each) => each !== false).map((each) => ({ invariant: 'I13', what: `${told}, ${each}` }));
  });
}

/** An order makes the version after the one that its request named, and no two orders make the same. */
function versions(attempts: readonly Attempt[]): Violation[] {
  const made = new Map<string, string>();
  return attempts.flatMap(({ exchange: { seq, answer }, owner, ifMatch, id }): Violation[] => {
    if (!answer || answer.status >= 300) return [];
    const name = `${owner} ${answer.body.version as number}`;
    const other = made.get(name) ?? id;
    made.set(name, id!);
    const isReplayed = answer.headers['idempotent-replayed'] === 'true';
    return [
      ...(ifMatch === undefined || isReplayed || answer.body.version === ifMatch + 1
        ? []
        : [
            {
              invariant: 'I11',
              what: `request ${seq} at version ${ifMatch} made version ${answer.body.version as number}`,
            } as const,
          ]),
      ...(other === id
        ? []
        : [{ invariant: 'I11', what: `the orders ${other} and ${id} have both made version ${name}` } as const]),
    ];
  });
}

const NOTHING_TOLD: readonly number[] = [401, 429];

/** One key, one order: all that is told of it is the same, and no other request gets anything by it. */
function underOneKey(attempts: readonly Attempt[]): Violation[] {
  const taken = attempts.filter(({ verdict }) => verdict === 'taken');
  const first = taken.toSorted((a, b) => a.exchange.endedMs - b.exchange.endedMs)[0];
  if (!first) return [];
  const told = (each: Attempt) => {
    const { status, body } = each.exchange.answer!;
    return status < 400 ? `${each.id} ${body.price} ${body.version}` : undefined;
  };
  const different =
    new Set(taken.map(told).filter((each) => each !== undefined)).size > 1 ||
    new Set(taken.map(({ id }) => id)).size > 1;
  const later = attempts.filter(({ exchange }) => exchange.beganMs > first.exchange.endedMs);
  return [
    ...(different
      ? [{ invariant: 'I12', what: `the key ${first.key} was answered with different orders` } as const]
      : []),
    ...attempts
      .filter(({ price, verdict }) => price !== first.price && verdict === 'taken')
      .map(({ exchange: { seq } }): Violation => ({
        invariant: 'I12',
        what: `request ${seq} got something by the key ${first.key} of another request`,
      })),
    ...later
      .filter(({ verdict, exchange }) => verdict === 'refused' && !NOTHING_TOLD.includes(exchange.answer!.status))
      .filter(({ price, exchange }) => exchange.answer!.kind !== (price === first.price ? undefined : 'key-reused'))
      .map(({ exchange: { seq, answer } }): Violation => ({
        invariant: 'I12',
        what: `request ${seq} under the used key ${first.key} was answered ${answer!.kind}`,
      })),
  ];
}

/** Each order goes back to a request that asked for it, and was not refused. */
function unasked(attempts: readonly Attempt[], orders: readonly OrderRow[]): Violation[] {
  const possible = attempts.filter(({ verdict }) => verdict !== 'refused');
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
      what: `the order ${id} of ${owner} goes back to no request, or to one that was refused`,
    }));
}
