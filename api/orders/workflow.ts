import {
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  type Client,
  type Workflow,
  type WorkflowStartOptions,
} from '@temporalio/client';
import type { Log } from '../../lib/log.ts';
import { ifFound } from '../../lib/temporal/client.ts';
import { chargeKey } from '../../specs/identity.ts';
import {
  IN_PROGRESS,
  OUTCOME_UPDATE,
  searchAttributes,
  workflowTypes,
  orderWorkflowId,
  cancelWorkflowId,
  type OrderInput,
  type SettledOrder,
  type CancellationInput,
} from '../../specs/temporal.ts';
import type { cancellation } from '../../workflows/cancellation.ts';
import type { order } from '../../workflows/order.ts';
import type { Order } from './order.ts';
import { readOutcomeOf } from './settled.ts';

export interface SagaOptions {
  temporal: Client;
  taskQueue: string;
  /** How long a caller waits for the outcome. */
  answerDeadlineMs: number;
  /**
   * An undecided charge is cancelled this long after its order was placed. A workflow that starts late still gets a
   * minute, or all of this time if that is less.
   */
  orderDeadlineS: number;
  charge: OrderInput['charge'];
  log: Log;
}

export interface Saga {
  /** Starts or joins the workflow and waits for the outcome. Undefined if the deadline passes or Temporal fails. */
  awaitOutcome(order: Order): Promise<SettledOrder | undefined>;
  /** Starts the workflow if needed, without waiting for the outcome. */
  start(order: Order, options?: StartOptions): Promise<void>;
  /** The same two calls for a cancellation. If the order is in progress, they start the order's own workflow first. */
  cancelAndWait(order: Order, cause: CancellationInput['cause']): Promise<SettledOrder | undefined>;
  startCancellation(order: Order, cause: CancellationInput['cause'], options?: StartOptions): Promise<void>;
  /**
   * Result of the order's own workflow. Undefined if the workflow has not completed or does not exist. Rejects if
   * Temporal does not answer.
   */
  firstResult(order: Order): Promise<SettledOrder | undefined>;
}

interface StartOptions {
  /**
   * Runs a completed workflow again, with the full deadline. Needed if a part of the system has lost the workflow's
   * effects.
   */
  again?: boolean;
}

const DEADLINE_MIN_S = 60;

/** Connects order rows with their workflows. Every call may be repeated at any time. */
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
  // Temporal's client applies this deadline to the calls that `act` starts.
  const within = <T>(act: () => Promise<T>): Promise<T> => temporal.withDeadline(Date.now() + answerDeadlineMs, act);

  /** For a workflow that completed before it received the update. */
  const resultOf = (workflowId: string, orderId: string): Promise<SettledOrder | undefined> =>
    within(() => temporal.workflow.getHandle(workflowId).result())
      .then((result) => readOutcomeOf(orderId, result))
      .catch(() => undefined);

  /** Never rejects: the row exists, so whatever fails here must not hide the order from its buyer. */
  const startAndWait = async <T extends typeof order | typeof cancellation>(
    type: string,
    placed: Order,
    { workflowId, optionsOf }: { workflowId: string; optionsOf: () => StartOf<T> },
    before?: () => Promise<void>,
  ): Promise<SettledOrder | undefined> => {
    try {
      const startWorkflowOperation = new WithStartWorkflowOperation<T>(type, optionsOf());
      return await within(async () => {
        await before?.();
        return readOutcomeOf(
          placed.id,
          await temporal.workflow.executeUpdateWithStart<T, SettledOrder, []>(OUTCOME_UPDATE, {
            updateId: OUTCOME_UPDATE,
            args: [],
            startWorkflowOperation,
          }),
        );
      });
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return resultOf(workflowId, placed.id);
      log.warn(
        { orderId: placed.id, correlationId: placed.correlationId, err: error },
        `the outcome of ${workflowId} is not known yet`,
      );
      return undefined;
    }
  };
  const start = async <T extends Workflow>(
    type: string,
    defaults: StartOf<T>,
    { again = false }: StartOptions = {},
  ): Promise<void> => {
    const options = again ? { ...defaults, workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const } : defaults;
    try {
      await temporal.workflow.start<T>(type, options);
    } catch (error) {
      // The workflow has already completed.
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  };

  const startOrder = (placed: Order, options?: StartOptions) =>
    start<typeof order>(workflowTypes.order, orderStart(placed, options), options);
  /**
   * The auditor starts an order's own workflow only while the row is in progress. Without this start, an order that is
   * cancelled before the auditor finds it would never get that workflow.
   */
  const startIfInProgress = async (placed: Order) => {
    if (placed.status === IN_PROGRESS) await startOrder(placed);
  };

  return {
    awaitOutcome: (placed) =>
      startAndWait<typeof order>(workflowTypes.order, placed, {
        workflowId: orderWorkflowId(placed.id),
        optionsOf: () => orderStart(placed),
      }),
    start: (placed, options) => within(() => startOrder(placed, options)),
    cancelAndWait: (placed, cause) =>
      startAndWait<typeof cancellation>(
        workflowTypes.cancellation,
        placed,
        { workflowId: cancelWorkflowId(placed.id), optionsOf: () => cancellationStart(placed, cause) },
        () => startIfInProgress(placed),
      ),
    startCancellation: (placed, cause, options) =>
      within(async () => {
        await startIfInProgress(placed);
        await start<typeof cancellation>(workflowTypes.cancellation, cancellationStart(placed, cause), options);
      }),
    firstResult: ({ id }) =>
      within(async () => {
        const workflow = temporal.workflow.getHandle<typeof order>(orderWorkflowId(id));
        const run = await ifFound(workflow.describe());
        return run?.status.name === 'COMPLETED' ? readOutcomeOf(id, await workflow.result()) : undefined;
      }),
  };
}

/** Not negative, even if this clock is behind the database's. */
const ageS = ({ createdAt }: Order): number => Math.max(0, Math.floor((Date.now() - Date.parse(createdAt)) / 1000));

type StartOf<T extends Workflow> = WorkflowStartOptions<T> & { workflowIdConflictPolicy: 'USE_EXISTING' };

const startOptions = (taskQueue: string, placed: Order) => ({
  workflowIdConflictPolicy: 'USE_EXISTING' as const,
  // A terminated or failed workflow may run again, because every step may be repeated.
  workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY' as const,
  taskQueue,
  typedSearchAttributes: [
    { key: searchAttributes.status, value: IN_PROGRESS },
    { key: searchAttributes.owner, value: placed.userId },
  ],
});
