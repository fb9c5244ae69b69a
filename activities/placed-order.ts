import { log } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { Counter } from 'prom-client';
import type { FinalStatus, OrderReason, OrderStatus, RequestedCause } from '../specs/temporal.ts';
import { isUuid } from './uuid.ts';

/** An order's row, as far as activities need it. */
export interface PlacedOrder {
  id: string;
  userId: string;
  /** In whole minor units. */
  price: number;
  status: OrderStatus;
  reason: OrderReason | null;
  firstStatus: FinalStatus | null;
  /** Set once a cancellation is requested. */
  cancelCause: RequestedCause | null;
  /** ISO 8601. */
  createdAt: string;
  correlationId: string;
  traceparent: string | null;
}

export interface OrderReader {
  find(orderId: string): Promise<PlacedOrder | undefined>;
}

/** What a workflow claims about its order. */
interface Claim {
  orderId: string;
  ownerId?: unknown;
  price?: unknown;
}

const contradictions = new Counter({
  name: 'order_contradictions_total',
  help: "Attempts of a step whose workflow contradicts the order's row, by property",
  labelNames: ['property'],
});

/**
 * Reads the row of the order that a workflow names. Only the row counts: anyone who reaches Temporal can start a workflow
 * with an invented owner or price. The row's id counts too, because ids of keys and events depend on its spelling.
 * Without a row, the step is retried until an operator recreates the row or terminates the workflow.
 */
export async function readPlaced(orders: OrderReader, claim: Claim): Promise<PlacedOrder> {
  const row = isUuid(claim.orderId) ? await orders.find(claim.orderId) : undefined;
  if (!row) throw orderMissing(claim.orderId);
  const { ownerId = row.userId, price = row.price } = claim;
  if (typeof ownerId !== 'string' || ownerId.toLowerCase() !== row.userId) reportContradiction(row.id, 'owner');
  if (price !== row.price) reportContradiction(row.id, 'price');
  return row;
}

/**
 * Retryable, because the row may be missing after the restore of an older backup, until an operator recreates it. The
 * text omits an id that is not a UUID, because such an id could be any text.
 */
export const orderMissing = (orderId: string): Error =>
  ApplicationFailure.retryable(
    isUuid(orderId) ? `order ${orderId} has no row` : 'the workflow does not name an order',
    'OrderMissing',
  );

/** Where a request or event of this order comes from. */
export const originOf = ({ correlationId, traceparent }: PlacedOrder) => ({
  correlationId,
  ...(traceparent !== null && { traceparent }),
});

/** Counts and logs that a workflow contradicts the row. */
export function reportContradiction(orderId: string, property: 'owner' | 'price' | 'status' | 'cancellation'): void {
  contradictions.inc({ property });
  log.error(`the workflow contradicts the ${property} in the row of its order; the row counts`, { orderId, property });
}
