import { ApplicationFailure } from '@temporalio/common';

export interface SettledRow {
  id: string;
  status: string;
  reason: string | null;
}

type Final = 'SUCCESS' | 'FAILED' | 'CANCELLED';

/** The part of the orders that a workflow may read and write. */
export interface Orders {
  find(orderId: string): Promise<{ status: string; cancelCause: string | null } | undefined>;
  /** Moves an order that is in progress; answers the row as it then stands, or undefined if there is none. */
  settle(
    orderId: string,
    status: Final,
    reason: string | null,
  ): Promise<(SettledRow & { firstStatus: string | null }) | undefined>;
  /** Moves an order that is in progress, or has succeeded, to CANCELLED; answers the row as it then stands. */
  cancel(orderId: string, reason: string | null): Promise<SettledRow | undefined>;
}

export function createOrderActivities({ orders }: { orders: Orders }) {
  return {
    /**
     * Afterwards the order is final. Answers what it first became, which is not what was asked for when somebody else was first. An order
     * that had succeeded when the answer was lost, and was taken back before this was asked again, has succeeded: its buyer is told of both.
     */
    async settleOrder({ orderId, status, reason }: { orderId: string; status: Final; reason: string | null }) {
      const row = await orders.settle(orderId, status, reason);
      const wasTakenBack = row?.firstStatus === 'SUCCESS' && row.status === 'CANCELLED';
      return asFinal(orderId, wasTakenBack ? { ...row, status: 'SUCCESS', reason: null } : row);
    },

    /** Afterwards the order is cancelled, unless it had failed. Answers what it is. */
    cancelOrder: async ({ orderId, reason }: { orderId: string; reason: string | null }) =>
      asFinal(orderId, await orders.cancel(orderId, reason)),
  };
}

function asFinal(orderId: string, row: SettledRow | undefined) {
  // A row can only be missing where a database was restored from before it: it is waited for, and seen by an operator.
  if (!row) throw ApplicationFailure.retryable(`there is no row of order ${orderId}`, 'OrderMissing');
  if (row.status === 'IN_PROGRESS') throw ApplicationFailure.retryable(`order ${orderId} did not move`, 'OrderStuck');
  return { orderId, status: row.status as Final, reason: row.reason };
}
