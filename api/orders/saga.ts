import { WithStartWorkflowOperation, WorkflowExecutionAlreadyStartedError, type Client, type WorkflowStartOptions } from '@temporalio/client';
import type { Log } from '../../lib/log.ts';
import { chargeKey, orderWorkflowId } from '../../specs/identity.ts';
import type { order, OrderInput, SettledOrder } from '../../workflows/order.ts';
import type { Order } from './store.ts';

export interface SagaOptions {
  temporal: Client;
  taskQueue: string;
  /** How long a caller waits for the outcome before the order goes on without them. */
  answerDeadlineMs: number;
  /** How long billing may stay silent before it is made to promise that nothing is charged. */
  orderDeadlineS: number;
  /** How the charge runs: within the workflow's first task, or as an activity of its own. */
  charge: OrderInput['charge'];
  log: Log;
}

export interface Saga {
  /** Starts the order's workflow, or joins it, and waits for the outcome. Past the deadline, or without Temporal: undefined, and the order goes on. */
  outcome(order: Order): Promise<SettledOrder | undefined>;
  /** Starts the order's workflow unless it is there, and waits for nothing. */
  start(order: Order): Promise<void>;
}

/** Has to match the name of the update in the workflow, which is not imported by value: it belongs into the sandbox. */
const OUTCOME_UPDATE = 'outcome';

/** What connects a row with its workflow. Everything that it does may be repeated by anyone, at any time. */
export function createSaga({ temporal, taskQueue, answerDeadlineMs, orderDeadlineS, charge, log }: SagaOptions): Saga {
  const startOptions = (placed: Order): WorkflowStartOptions<typeof order> & { workflowIdConflictPolicy: 'USE_EXISTING' } => ({
    workflowId: orderWorkflowId(placed.id),
    workflowIdConflictPolicy: 'USE_EXISTING',
    // A finished run answers from its history; one that was terminated or failed may run again, since every step may be repeated.
    workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
    taskQueue,
    args: [
      {
        orderId: placed.id,
        ownerId: placed.userId,
        price: placed.price,
        correlationId: placed.correlationId,
        chargeKey: chargeKey(placed.id),
        charge,
        deadlineS: orderDeadlineS,
      },
    ],
    staticSummary: `Order ${placed.version} of a buyer, price ${placed.price}`,
    typedSearchAttributes: [
      { key: { name: 'OrderStatus', type: 'KEYWORD' }, value: 'IN_PROGRESS' },
      { key: { name: 'OrderOwner', type: 'KEYWORD' }, value: placed.userId },
    ],
  });

  return {
    async outcome(placed) {
      const startWorkflowOperation = new WithStartWorkflowOperation<typeof order>('order', startOptions(placed));
      try {
        // The deadline travels by async context: the call has to be made inside.
        return await temporal.withDeadline(Date.now() + answerDeadlineMs, () =>
          temporal.workflow.executeUpdateWithStart<typeof order, SettledOrder, []>(OUTCOME_UPDATE, {
            updateId: OUTCOME_UPDATE,
            args: [],
            startWorkflowOperation,
          }),
        );
      } catch (error) {
        // The order exists, whatever this was: a late answer is never a lost order.
        log.warn({ orderId: placed.id, correlationId: placed.correlationId, err: error }, 'the outcome of an order is not known yet');
        return undefined;
      }
    },

    async start(placed) {
      try {
        await temporal.withDeadline(Date.now() + answerDeadlineMs, () => temporal.workflow.start<typeof order>('order', startOptions(placed)));
      } catch (error) {
        // It has run already, to its end.
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
    },
  };
}
