import type { Exchange } from '../clients/history.ts';
import { verdictOf } from '../clients/verdict.ts';
import type { Rows, OrderRow } from './rows.ts';
import { violations, type Violation } from './violation.ts';

/** I13, I14: an order is cancelled only if its owner requested that, and the responses to such requests are true. */
export function checkCancellations(exchanges: readonly Exchange[], { orders }: Pick<Rows, 'orders'>): Violation[] {
  const attempts = exchanges.filter(
    (exchange) => exchange.request.operation === 'cancelOrder' && exchange.userId !== undefined,
  );
  // The order's row records a cancellation request even if the response is `not-cancellable`.
  const recorded = attempts.filter(
    (exchange) => verdictOf(exchange) !== 'rejected' || exchange.response?.kind === 'not-cancellable',
  );
  const requested = new Set(recorded.map((exchange) => `${exchange.userId} ${idOf(exchange)}`));
  const rows = new Map(orders.map((order) => [order.id, order]));
  return [
    ...violations(
      'I14',
      orders.filter(
        ({ id, owner, status, cancelCause }) =>
          (status === 'CANCELLED' || cancelCause !== null) && !requested.has(`${owner} ${id}`),
      ),
      ({ id }) => `the order ${id} was cancelled, but its owner did not request it or was refused`,
    ),
    ...violations(
      'I13',
      attempts.filter((exchange) => !isTrue(exchange, rows.get(idOf(exchange)))),
      (exchange) =>
        `request ${exchange.seq} returned ${exchange.response!.status} ${exchange.response!.kind ?? ''}, but the order is ${rows.get(idOf(exchange))?.status}`,
    ),
  ];
}

const idOf = ({ request }: Exchange): string => request.path.split('/').at(-2)!;

function isTrue({ response }: Exchange, row: OrderRow | undefined): boolean {
  if (response?.status === 200) return row?.status === 'CANCELLED' && response.body.status === 'CANCELLED';
  if (response?.status === 202) return row?.status === 'CANCELLED' || row?.status === 'FAILED';
  return response?.kind !== 'not-cancellable' || row?.status === 'FAILED';
}
