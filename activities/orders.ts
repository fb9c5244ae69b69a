import { ApplicationFailure } from '@temporalio/common';
import {
  IN_PROGRESS,
  type FinalStatus,
  type OrderActivities,
  type OrderStatus,
  type RequestedCause,
  type SettledOrder,
} from '../specs/temporal.ts';

interface OrderRow {
  status: OrderStatus;
  reason: string | null;
}

/** The rows of orders. */
export interface Orders {
  find(orderId: string): Promise<{ status: OrderStatus; cancelCause: RequestedCause | null } | undefined>;
  /** Settles an order in progress. Returns the current row, if any. */
  settle(
    orderId: string,
    status: FinalStatus,
    reason: string | null,
  ): Promise<(OrderRow & { firstStatus: FinalStatus | null }) | undefined>;
  /** Cancels an order in progress or after success. Returns the current row, if any. */
  cancel(orderId: string, reason: string | null): Promise<OrderRow | undefined>;
}

export function createOrderActivities({
  orders,
}: {
  orders: Orders;
}): Pick<OrderActivities, 'settleOrder' | 'cancelOrder'> {
  return {
    /**
     * Makes the order final and returns its first final status. If an earlier attempt set SUCCESS, its response was
     * lost and the order has been cancelled since, that is still SUCCESS, so the buyer gets both notifications.
     */
    async settleOrder({ orderId, status, reason }) {
      const row = await orders.settle(orderId, status, reason);
      const cancelledSince = row?.firstStatus === 'SUCCESS' && row.status === 'CANCELLED';
      return settledOrder(orderId, cancelledSince ? { status: 'SUCCESS', reason: null } : row);
    },

    /** Cancels the order unless it has failed. Returns its final status. */
    cancelOrder: async ({ orderId, reason }) => settledOrder(orderId, await orders.cancel(orderId, reason)),
  };
}

function settledOrder(orderId: string, row: OrderRow | undefined): SettledOrder {
  // Only a restored backup can lack the row. Retry until an operator restores it.
  if (!row) throw ApplicationFailure.retryable(`order ${orderId} has no row`, 'OrderMissing');
  const { status, reason } = row;
  if (status === IN_PROGRESS) throw ApplicationFailure.retryable(`order ${orderId} is still IN_PROGRESS`, 'OrderStuck');
  return { orderId, status, reason };
}
