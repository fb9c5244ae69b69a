import { orderId } from '../../../specs/identity.ts';
import type { Exchange } from '../clients/history.ts';
import { keyOf, versionOf } from '../clients/verdict.ts';
import type { Books } from './books.ts';
import { violations, type Violation } from './violation.ts';

/**
 * Requests that were told that their version of the list is taken, by the order that they made themselves: another copy of the request
 * was faster, and this one has to be answered as that one. Not so where the version was not there yet: the same request may have been
 * sent again once it was.
 */
export function brokenRefusals(exchanges: readonly Exchange[], { orders }: Pick<Books, 'orders'>): Violation[] {
  const byId = new Map(orders.map((order) => [order.id, order]));
  const stale = exchanges.filter(({ answer }) => answer?.kind === 'stale-order-list');
  const byTheirOwn = stale.filter((exchange) => {
    const { as, asked, answer } = exchange;
    const key = keyOf(exchange);
    const asksFor = (versionOf(asked.headers['if-match']) ?? NaN) + 1;
    const own = as === undefined || key === undefined ? undefined : byId.get(orderId(as, key));
    const isTaken = (versionOf(answer!.headers['etag']) ?? 0) >= asksFor;
    return own?.version === asksFor && own.price === asked.body!['price'] && isTaken;
  });
  return violations(
    'I11',
    byTheirOwn,
    ({ seq, as, asked }) =>
      `request ${seq} was refused because of the order ${orderId(as!, keyOf({ asked }))}, which it made`,
  );
}
