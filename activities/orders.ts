import { ApplicationFailure } from '@temporalio/common';

export interface SettledRow {
  id: string;
  status: string;
  reason: string | null;
}

type Final = 'SUCCESS' | 'FAILED' | 'CANCELLED';

/** The part of the orders that a workflow may write. */
export interface Orders {
  /** Moves an order that is in progress; answers the row as it then stands, or undefined if there is none. */
  settle(orderId: string, status: Final, reason: string | null): Promise<SettledRow | undefined>;
  /** Moves an order that is in progress, or has succeeded, to CANCELLED; answers the row as it then stands. */
  cancel(orderId: string, reason: string | null): Promise<SettledRow | undefined>;
}

export function createOrderActivities({ orders }: { orders: Orders }) {
  return {
    /** Afterwards the order is final. Answers what it is, which is not what was asked for when somebody else was first. */
    settleOrder: async ({ orderId, status, reason }: { orderId: string; status: Final; reason: string | null }) =>
      asFinal(orderId, await orders.settle(orderId, status, reason)),

    /** Afterwards the order is cancelled, unless it had failed. Answers what it is. */
    cancelOrder: async ({ orderId, reason }: { orderId: string; reason: string | null }) => asFinal(orderId, await orders.cancel(orderId, reason)),
  };
}

function asFinal(orderId: string, row: SettledRow | undefined) {
  // A row can only be missing where a database was restored from before it: it is waited for, and seen by an operator.
  if (!row) throw ApplicationFailure.retryable(`there is no row of order ${orderId}`, 'OrderMissing');
  if (row.status === 'IN_PROGRESS') throw ApplicationFailure.retryable(`order ${orderId} did not move`, 'OrderStuck');
  return { orderId, status: row.status as Final, reason: row.reason };
}
