import { fingerprintOf, type LostOrder } from '../../api/orders/order.ts';
import type { OrderInput, SettledOrder, CancellationInput } from '../../specs/temporal.ts';
import type { CommandResult } from '../command.ts';
import { inputOf, resultOf } from '../temporal-runs.ts';
import type { Tools } from '../tools.ts';
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
  const next =
    lost.status === 'IN_PROGRESS'
      ? 'Its workflow continues, or the auditor starts it.'
      : 'To see what else is missing: npm run audit';
  return {
    text: `The row of order ${id} was recreated from its workflow: ${lost.status}, price ${lost.price}, version ${written.version}. ${next}`,
    exitCode: 0,
  };
}

async function lostOrder({ temporal }: Tools, { id, order, cancellation }: Subject): Promise<LostOrder | undefined> {
  const run = order ?? cancellation;
  if (!run) return undefined;
  const { ownerId: userId, price, correlationId, traceparent = null } = await inputOf<OrderInput>(temporal, run);
  const first = order?.status === 'COMPLETED' ? await resultOf<SettledOrder>(temporal, order) : undefined;
  const last = cancellation?.status === 'COMPLETED' ? await resultOf<SettledOrder>(temporal, cancellation) : undefined;
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
    cancelCause: cancellation ? (await inputOf<CancellationInput>(temporal, cancellation)).cause : null,
  };
}
