import { ApplicationFailure } from '@temporalio/common';

export interface SettledRow {
  id: string;
  status: string;
  reason: string | null;
}

type Final = 'SUCCESS' | 'FAILED' | 'CANCELLED';

export interface Orders {
  find(orderId: string): Promise<{ status: string; cancelCause: string | null } | undefined>;
  /** Settles an order in progress. Returns the current row, if any. */
  settle(
    orderId: string,
    status: Final,
    reason: string | null,
  ): Promise<(SettledRow & { firstStatus: string | null }) | undefined>;
  /** Cancels an order in progress or after success. Returns the current row, if any. */
  cancel(orderId: string, reason: string | null): Promise<SettledRow | undefined>;
}

export function createOrderActivities({ orders }: { orders: Orders }) {
  return {
    /**
     * Makes the order final and returns its first final status, which another call may have set. If it succeeded, the
     * answer was lost and it was cancelled before this retry, that is SUCCESS: the buyer gets both notifications.
     */
    async settleOrder({ orderId, status, reason }: { orderId: string; status: Final; reason: string | null }) {
      const row = await orders.settle(orderId, status, reason);
      const cancelledSince = row?.firstStatus === 'SUCCESS' && row.status === 'CANCELLED';
      return finalStatusOf(orderId, cancelledSince ? { ...row, status: 'SUCCESS', reason: null } : row);
    },

    /** Cancels the order unless it has failed. Returns its final status. */
    cancelOrder: async ({ orderId, reason }: { orderId: string; reason: string | null }) =>
      finalStatusOf(orderId, await orders.cancel(orderId, reason)),
  };
}

function finalStatusOf(orderId: string, row: SettledRow | undefined) {
  // Only a restored backup can lack the row. Retry until an operator restores it.
  if (!row) throw ApplicationFailure.retryable(`order ${orderId} has no row`, 'OrderMissing');
  if (row.status === 'IN_PROGRESS')
    throw ApplicationFailure.retryable(`order ${orderId} is still IN_PROGRESS`, 'OrderStuck');
  return { orderId, status: row.status as Final, reason: row.reason };
}
