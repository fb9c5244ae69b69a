import { fingerprintOf } from '../../api/orders/routes.ts';
import type { LostOrder } from '../../api/orders/store.ts';
import type { CancellationInput } from '../../workflows/cancellation.ts';
import type { OrderInput, SettledOrder } from '../../workflows/order.ts';
import type { Told } from '../command.ts';
import { inputOf, resultOf } from './runs.ts';
import type { Subject } from './subject.ts';
import type { Tools } from './tools.ts';

/** Writes the row of an order again that was lost with a restored database, as the order's workflows know it. Its list may be longer by now: it gets the next version. */
export async function restore(tools: Tools, subject: Subject): Promise<Told> {
  const { id, placed } = subject;
  if (placed) return { text: `Order ${id} is there: ${placed.status}. Nothing was written.`, exitCode: 0 };
  const lost = await lostOrder(tools, subject);
  if (!lost)
    return {
      text: `Temporal does not remember the workflow of order ${id}: there is nothing to write it from.`,
      exitCode: 1,
    };
  const written = await tools.store.restore(lost);
  if (!written)
    return { text: `Order ${id} could not be written: another order was, at the same moment. Try again.`, exitCode: 1 };
  const next =
    lost.status === 'IN_PROGRESS'
      ? 'Its workflow goes on, or is started by the auditor.'
      : 'What else is missing of it: npm run audit';
  return {
    text: `Order ${id} is written again as its workflow knows it: ${lost.status}, price ${lost.price}, version ${written.version}. ${next}`,
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
