import type { Exchange } from '../clients/history.ts';
import { verdictOf } from '../clients/verdict.ts';
import type { Books, OrderRow } from './books.ts';
import { violations, type Violation } from './violation.ts';

/** Whether what was taken back is what its owner has asked to be, and what was answered to that is so. */
export function brokenCancellations(exchanges: readonly Exchange[], { orders }: Pick<Books, 'orders'>): Violation[] {
  const asked = exchanges.filter((exchange) => exchange.asked.operation === 'cancelOrder' && exchange.as !== undefined);
  // One that failed before it could be taken back is noted to be wanted back all the same.
  const heard = asked.filter(
    (exchange) => verdictOf(exchange) !== 'refused' || exchange.answer?.kind === 'not-cancellable',
  );
  const wanted = new Set(heard.map((exchange) => `${exchange.as} ${idOf(exchange)}`));
  const rows = new Map(orders.map((order) => [order.id, order]));
  return [
    ...violations(
      'I14',
      orders.filter(
        ({ id, owner, status, cancelCause }) =>
          (status === 'CANCELLED' || cancelCause !== null) && !wanted.has(`${owner} ${id}`),
      ),
      ({ id }) => `the order ${id} was taken back, which its owner was refused, or has not asked for`,
    ),
    ...violations(
      'I13',
      asked.filter((exchange) => !isSo(exchange, rows.get(idOf(exchange)))),
      (exchange) =>
        `request ${exchange.seq} was answered ${exchange.answer!.status} ${exchange.answer!.kind ?? ''}, and the order is ${rows.get(idOf(exchange))?.status}`,
    ),
  ];
}

const idOf = ({ asked }: Exchange): string => asked.path.split('/').at(-2)!;

/** By what an answer says, what the order is once everything has come to rest. */
function isSo({ answer }: Exchange, row: OrderRow | undefined): boolean {
  if (answer?.status === 200) return row?.status === 'CANCELLED' && answer.body.status === 'CANCELLED';
  if (answer?.status === 202) return row?.status === 'CANCELLED' || row?.status === 'FAILED';
  return answer?.kind !== 'not-cancellable' || row?.status === 'FAILED';
}
