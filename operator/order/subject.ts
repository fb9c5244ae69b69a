import type { Order } from '../../api/orders/order.ts';
import { orderWorkflowId, cancelWorkflowId } from '../../specs/temporal.ts';
import { describeRun, type Run } from '../temporal-runs.ts';
import type { Tools } from '../tools.ts';

/** An order: its row, its workflows, or both. */
export interface Subject {
  id: string;
  /** Undefined if a database restore has lost the row. */
  placed: Order | undefined;
  order: Run | undefined;
  cancellation: Run | undefined;
}

/** With `rowIsEnough`, reads the workflows only if there is no row. */
export async function subjectOf(
  { store, temporal }: Tools,
  id: string,
  { rowIsEnough }: { rowIsEnough: boolean },
): Promise<Subject> {
  const placed = await store.find(id);
  if (placed && rowIsEnough) return { id, placed, order: undefined, cancellation: undefined };
  await temporal.check();
  return {
    id,
    placed,
    order: await describeRun(temporal, orderWorkflowId(id)),
    cancellation: await describeRun(temporal, cancelWorkflowId(id)),
  };
}
