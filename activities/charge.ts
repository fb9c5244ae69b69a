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
     * A SUCCESS order is refunded only if its row records a cancellation request. If an operator runs its workflow
     * again and that run reaches its deadline, the charge stays.
     */
    async cancelCharge(request) {
      const row = await orders.find(request.orderId);
      const cause = row?.status === 'SUCCESS' ? row.cancelCause : request.cause;
      if (cause === null) return { outcome: 'CHARGED' };
      return payment.cancelCharge({ ...request, cause }, cancellationSignal());
    },
  };
}
