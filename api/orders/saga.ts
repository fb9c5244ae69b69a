import {
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  type Client,
  type Workflow,
  type WorkflowStartOptions,
} from '@temporalio/client';
import type { Log } from '../../lib/log.ts';
import { ifKnown } from '../../lib/temporal.ts';
import { cancelWorkflowId, chargeKey, orderWorkflowId } from '../../specs/identity.ts';
import type { cancellation, CancellationInput } from '../../workflows/cancellation.ts';
import type { order, OrderInput, SettledOrder } from '../../workflows/order.ts';
import type { Order } from './store.ts';

export interface SagaOptions {
  temporal: Client;
  taskQueue: string;
  /** How long a caller waits for the outcome before the order goes on without them. */
  answerDeadlineMs: number;
  /** How long after it was placed billing is made to promise that nothing is charged for an order. A workflow that begins late gives it a minute at least. */
  orderDeadlineS: number;
  /** How the charge runs: within the workflow's first task, or as an activity of its own. */
  charge: OrderInput['charge'];
  log: Log;
}

export interface Saga {
  /** Starts the order's workflow, or joins it, and waits for the outcome. Past the deadline, or without Temporal: undefined, and the order goes on. */
  outcome(order: Order): Promise<SettledOrder | undefined>;
  /** Starts the order's workflow unless it is there, and waits for nothing. */
  start(order: Order, options?: StartOptions): Promise<void>;
  /** The same two for taking the order back, which has a workflow of its own by then, also when it is taken back before it has begun. */
  cancelled(order: Order, cause: CancellationInput['cause']): Promise<SettledOrder | undefined>;
  startCancellation(order: Order, cause: CancellationInput['cause'], options?: StartOptions): Promise<void>;
  /** What the order's own workflow has ended with; undefined while it has not, and where Temporal knows of none. Rejects without Temporal. */
  first(order: Order): Promise<SettledOrder | undefined>;
}

export interface StartOptions {
  /** Also if it has ended well: for a part of the system that has forgotten since what the workflow did. Every step is repeated under its old key, and billing has the whole deadline again. */
  again?: boolean;
}

/** Has to match the name of the update in the workflow, which is not imported by value: it belongs into the sandbox. */
const OUTCOME_UPDATE = 'outcome';
const DEADLINE_MIN_S = 60;

/** What connects a row with its workflows. Everything that it does may be repeated by anyone, at any time. */
export function createSaga({ temporal, taskQueue, answerDeadlineMs, orderDeadlineS, charge, log }: SagaOptions): Saga {
  const inputOf = (placed: Order, again = false): OrderInput => ({
    orderId: placed.id,
    ownerId: placed.userId,
    price: placed.price,
    correlationId: placed.correlationId,
    ...(placed.traceparent !== null && { traceparent: placed.traceparent }),
    chargeKey: chargeKey(placed.id),
    charge,
    deadlineS: again
      ? orderDeadlineS
      : Math.min(orderDeadlineS, Math.max(DEADLINE_MIN_S, orderDeadlineS - ageS(placed))),
  });
  const orderStart = (placed: Order, { again }: StartOptions = {}): StartOf<typeof order> => ({
    ...startOptions(taskQueue, placed),
    workflowId: orderWorkflowId(placed.id),
    args: [inputOf(placed, again)],
    staticSummary: `Order ${placed.version} of a buyer, price ${placed.price}`,
  });
  const cancellationStart = (placed: Order, cause: CancellationInput['cause']): StartOf<typeof cancellation> => ({
    ...startOptions(taskQueue, placed),
    workflowId: cancelWorkflowId(placed.id),
    args: [{ ...inputOf(placed), cause }],
    staticSummary: `Cancellation of order ${placed.version} of a buyer, price ${placed.price}`,
  });
  // The deadline travels by async context: the call has to be made inside.
  const within = <T>(act: () => Promise<T>): Promise<T> => temporal.withDeadline(Date.now() + answerDeadlineMs, act);

  /** What a workflow that nobody had asked has ended with: it takes no question any more. */
  const ended = (workflowId: string): Promise<SettledOrder | undefined> =>
    within(() => temporal.workflow.getHandle(workflowId).result() as Promise<SettledOrder>).catch(() => undefined);

  const ask = async <T extends typeof order | typeof cancellation>(
    type: string,
    placed: Order,
    options: StartOf<T>,
    first?: () => Promise<void>,
  ): Promise<SettledOrder | undefined> => {
    const startWorkflowOperation = new WithStartWorkflowOperation<T>(type, options);
    try {
      return await within(async () => {
        await first?.();
        return temporal.workflow.executeUpdateWithStart<T, SettledOrder, []>(OUTCOME_UPDATE, {
          updateId: OUTCOME_UPDATE,
          args: [],
          startWorkflowOperation,
        });
      });
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return ended(options.workflowId);
      // The row exists, whatever this was: a late answer is never a lost order.
      log.warn(
        { orderId: placed.id, correlationId: placed.correlationId, err: error },
        `the outcome of ${options.workflowId} is not known yet`,
      );
      return undefined;
    }
  };
  const start = async <T extends Workflow>(
    type: string,
    first: StartOf<T>,
    { again = false }: StartOptions = {},
  ): Promise<void> => {
    const options = again ? { ...first, workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const } : first;
    try {
      await temporal.workflow.start<T>(type, options);
    } catch (error) {
      // It has run already, to its end.
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  };

  const begin = (placed: Order, options?: StartOptions) =>
    start<typeof order>('order', orderStart(placed, options), options);
  /** Once the order is cancelled, nobody would start its workflow any more. */
  const beginIfOpen = async (placed: Order) => {
    if (placed.status === 'IN_PROGRESS') await begin(placed);
  };

  return {
    outcome: (placed) => ask<typeof order>('order', placed, orderStart(placed)),
    start: (placed, options) => within(() => begin(placed, options)),
    cancelled: (placed, cause) =>
      ask<typeof cancellation>('cancellation', placed, cancellationStart(placed, cause), () => beginIfOpen(placed)),
    startCancellation: (placed, cause, options) =>
      within(async () => {
        await beginIfOpen(placed);
        await start<typeof cancellation>('cancellation', cancellationStart(placed, cause), options);
      }),
    first: ({ id }) =>
      within(async () => {
        const workflow = temporal.workflow.getHandle<typeof order>(orderWorkflowId(id));
        const run = await ifKnown(workflow.describe());
        return run?.status.name === 'COMPLETED' ? workflow.result() : undefined;
      }),
  };
}

/** In whole seconds, and none of it by a clock that is behind that of the database. */
const ageS = ({ createdAt }: Order): number => Math.max(0, Math.floor((Date.now() - Date.parse(createdAt)) / 1000));

type StartOf<T extends Workflow> = WorkflowStartOptions<T> & { workflowIdConflictPolicy: 'USE_EXISTING' };

const startOptions = (taskQueue: string, placed: Order) => ({
  workflowIdConflictPolicy: 'USE_EXISTING' as const,
  // A finished run answers from its history; one that was terminated or failed may run again, since every step may be repeated.
  workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY' as const,
  taskQueue,
  typedSearchAttributes: [
    { key: { name: 'OrderStatus', type: 'KEYWORD' as const }, value: 'IN_PROGRESS' },
    { key: { name: 'OrderOwner', type: 'KEYWORD' as const }, value: placed.userId },
  ],
});
