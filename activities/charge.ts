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
     * Does not cancel the charge of a SUCCESS order whose row records no cancellation request. Otherwise, if an
     * operator ran the order's workflow again and billing did not answer by the deadline of that run, a paid order
     * would be refunded.
     */
    async cancelCharge(request) {
      const row = await orders.find(request.orderId);
      const cause = row?.status === 'SUCCESS' ? row.cancelCause : request.cause;
      if (cause === null) return { outcome: 'CHARGED' };
      return payment.cancelCharge({ ...request, cause }, cancellationSignal());
    },
  };
}
