import { readOutcomeOf } from '../../api/orders/settled.ts';
import type { Temporal } from '../../lib/temporal/client.ts';
import type { RequestedCause } from '../../specs/temporal.ts';
import { resultOf, type Run } from '../temporal-runs.ts';

/**
 * Returns who requested the cancellation that this workflow has completed. Uses the workflow's result, because its
 * input could be invented. Returns undefined if the workflow has not cancelled this order.
 */
export async function cancelledBy(
  temporal: Temporal,
  orderId: string,
  cancellation: Run | undefined,
): Promise<RequestedCause | undefined> {
  if (cancellation?.status !== 'COMPLETED') return undefined;
  const settled = readOutcomeOf(orderId, await resultOf(temporal, cancellation));
  if (settled?.status !== 'CANCELLED') return undefined;
  return settled.reason === 'buyer' ? 'buyer' : 'operator';
}
