import type { Order } from '../../api/orders/store.ts';
import { cancelWorkflowId, orderWorkflowId } from '../../specs/identity.ts';
import { describeRun, type Run } from './runs.ts';
import type { Tools } from './tools.ts';

/** What an operator acts on: an order by its row, its workflows, or both. */
export interface Subject {
  id: string;
  /** Missing where the database was restored from before the order. */
  placed: Order | undefined;
  order: Run | undefined;
  cancellation: Run | undefined;
}

/** What the database and Temporal know of an order. With `rowIsEnough` Temporal is asked about one without a row only. */
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
