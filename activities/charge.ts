import { cancellationSignal } from '@temporalio/activity';
import type { OrderActivities } from '../specs/temporal.ts';
import type { Orders } from './orders.ts';
import type { Payment } from './payment/port.ts';

export function createChargeActivities({
  payment,
  orders,
}: {
  payment: Payment;
  orders: Pick<Orders, 'find'>;
}): Pick<OrderActivities, 'chargeOrder' | 'cancelCharge'> {
  return {
    chargeOrder: (request) => payment.charge(request, cancellationSignal()),

    /**
     * Does not cancel the charge of a SUCCESS order whose row records no cancellation request. If it did, and an
     * operator ran the order's workflow again, the deadline of that run would refund a paid order.
     */
    async cancelCharge(request) {
      const row = await orders.find(request.orderId);
      const cause = row?.status === 'SUCCESS' ? row.cancelCause : request.cause;
      if (cause === null) return { outcome: 'CHARGED' };
      return payment.cancelCharge({ ...request, cause }, cancellationSignal());
    },
  };
}
