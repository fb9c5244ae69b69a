import { ApplicationFailure } from '@temporalio/common';
import {
  IN_PROGRESS,
  type FinalStatus,
  type OrderActivities,
  type OrderReason,
  type OrderStatus,
  type SettledOrder,
} from '../specs/temporal.ts';
import { orderMissing, type OrderReader } from './placed-order.ts';

interface OrderRow {
  status: OrderStatus;
  reason: OrderReason | null;
}

/** Reads and updates the rows of orders. */
export interface Orders extends OrderReader {
  /** Settles an order in progress. Returns the current row, if any. */
  settle(
    orderId: string,
    status: FinalStatus,
    reason: OrderReason | null,
  ): Promise<(OrderRow & { firstStatus: FinalStatus | null }) | undefined>;
  /** Cancels an order in progress or after success. Returns the current row, if any. */
  cancel(orderId: string, reason: OrderReason | null): Promise<OrderRow | undefined>;
}

export function createOrderActivities({
  orders,
}: {
  orders: Orders;
}): Pick<OrderActivities, 'settleOrder' | 'cancelOrder'> {
  return {
    /**
     * Makes the order final and returns its first final status. If an earlier attempt wrote SUCCESS but its response
     * was lost, the order may have been cancelled since. The step then returns SUCCESS, not CANCELLED, so that the
     * buyer gets both notifications.
     */
    async settleOrder({ orderId, status, reason }) {
      const row = await orders.settle(orderId, status, reason);
      const cancelledSince = row?.firstStatus === 'SUCCESS' && row.status === 'CANCELLED';
      return toSettled(orderId, cancelledSince ? { status: 'SUCCESS', reason: null } : row);
    },

    /** Cancels the order unless it has failed. Returns its final status. */
    cancelOrder: async ({ orderId, reason }) => toSettled(orderId, await orders.cancel(orderId, reason)),
  };
}

function toSettled(orderId: string, row: OrderRow | undefined): SettledOrder {
  if (!row) throw orderMissing(orderId);
  const { status, reason } = row;
  if (status === IN_PROGRESS) throw ApplicationFailure.retryable(`order ${orderId} is still IN_PROGRESS`, 'OrderStuck');
  return { orderId, status, reason };
}
