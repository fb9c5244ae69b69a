import { orderId } from '../../../specs/identity.ts';
import type { Exchange } from '../clients/history.ts';
import { keyOf, versionOf } from '../clients/verdict.ts';
import type { Rows } from './rows.ts';
import { violations, type Violation } from './violation.ts';

/**
 * I11: if a faster copy of a request made the order and took the version, the request must get that copy's response and
 * not be rejected as stale. If the rejection reports a version below the order's, it is right: a later copy may have
 * made the order.
 */
export function checkStaleRejections(exchanges: readonly Exchange[], { orders }: Pick<Rows, 'orders'>): Violation[] {
  const byId = new Map(orders.map((order) => [order.id, order]));
  const stale = exchanges.filter(({ response }) => response?.kind === 'stale-order-list');
  const byOwnOrder = stale.filter((exchange) => {
    const { userId, request, response } = exchange;
    const key = keyOf(exchange);
    const wanted = (versionOf(request.headers['if-match']) ?? NaN) + 1;
    const own = userId === undefined || key === undefined ? undefined : byId.get(orderId(userId, key));
    const isTaken = (versionOf(response!.headers['etag']) ?? 0) >= wanted;
    return own?.version === wanted && own.price === request.body!['price'] && isTaken;
  });
  return violations(
    'I11',
    byOwnOrder,
    ({ seq, userId, request }) =>
      `request ${seq} was rejected because of the order ${orderId(userId!, keyOf({ request }))}, which it made itself`,
  );
}
