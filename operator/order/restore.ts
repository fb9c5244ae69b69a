import { fingerprintOf, type LostOrder } from '../../api/orders/order.ts';
import { readOutcomeOf } from '../../api/orders/settled.ts';
import {
  cancelWorkflowId,
  type CancellationInput,
  type OrderInput,
  type RequestedCause,
} from '../../specs/temporal.ts';
import type { Temporal } from '../../lib/temporal/client.ts';
import type { CommandResult } from '../command.ts';
import { inputOf, resultOf, type Run } from '../temporal-runs.ts';
import type { Tools } from '../tools.ts';
import { cancelledBy } from './cancelled-by.ts';
import type { Subject } from './subject.ts';

/**
 * Recreates an order's row from its workflows after a database restore has lost the row. The new row gets the next list
 * version, because the buyer may have placed more orders since.
 */
export async function restore(tools: Tools, subject: Subject): Promise<CommandResult> {
  const { id, placed } = subject;
  if (placed) return { text: `Order ${id} already has a row (${placed.status}). Nothing was written.`, exitCode: 0 };
  const lost = await lostOrder(tools, subject);
  if (!lost)
    return {
      text: `Temporal no longer has a workflow of order ${id}, so its row cannot be recreated.`,
      exitCode: 1,
    };
  const written = await tools.store.restore(lost);
  if (!written)
    return {
      text: `The row of order ${id} could not be written, because another order was written at the same moment. Try again.`,
      exitCode: 1,
    };
  const request =
    lost.cancelCause && lost.status !== 'CANCELLED'
      ? ` Its row records the cancellation that ${cancelWorkflowId(id)} names (${lost.cancelCause}).`
      : '';
  const next =
    lost.status === 'IN_PROGRESS'
      ? 'Its workflow continues, or the auditor starts it.'
      : 'To see what else is missing: npm run audit';
  return {
    text: `The row of order ${id} was recreated from its workflow: ${lost.status}, price ${lost.price}, version ${written.version}.${request} ${next}`,
    exitCode: 0,
  };
}

async function lostOrder({ temporal }: Tools, { id, order, cancellation }: Subject): Promise<LostOrder | undefined> {
  const run = order ?? cancellation;
  if (!run) return undefined;
  const input = await inputOf<OrderInput>(temporal, run);
  // Somebody may have started a workflow by hand whose input names another order.
  if (input.orderId !== id) return undefined;
  const { ownerId: userId, price, correlationId, traceparent = null } = input;
  const resultIn = async (ended: Run | undefined) =>
    ended?.status === 'COMPLETED' ? readOutcomeOf(id, await resultOf(temporal, ended)) : undefined;
  const first = await resultIn(order);
  const last = await resultIn(cancellation);
  const settled = last?.status === 'CANCELLED' ? last : first;
  return {
    id,
    userId,
    price,
    correlationId,
    traceparent,
    fingerprint: fingerprintOf(price),
    status: settled?.status ?? 'IN_PROGRESS',
    reason: settled?.reason ?? null,
    firstStatus: first?.status ?? settled?.status ?? null,
    createdAt: run.startedAt.toISOString(),
    cancelCause: await requestIn(temporal, id, cancellation),
  };
}

/** A running cancellation waits for the row and has no result yet, so only its input says who requested it. */
async function requestIn(
  temporal: Temporal,
  id: string,
  cancellation: Run | undefined,
): Promise<RequestedCause | null> {
  if (cancellation?.status !== 'RUNNING') return (await cancelledBy(temporal, id, cancellation)) ?? null;
  const { orderId, cause } = await inputOf<CancellationInput>(temporal, cancellation);
  return orderId === id ? cause : null;
}
