import type { CancelCause, Decision, OrderActivities, OrderInput, Origin, SettledOrder } from '../specs/temporal.ts';

export type Step = keyof OrderActivities;
export type StepInput<S extends Step> = Parameters<OrderActivities[S]>[0];
export type StepResult<S extends Step> = Awaited<ReturnType<OrderActivities[S]>>;

/** What a step needs to know besides the order. */
export interface StepDetail {
  chargeOrder: undefined;
  cancelCharge: CancelCause;
  settleOrder: Decision;
  cancelOrder: Decision;
  announceOrder: SettledOrder;
}

export interface StepDeclaration<S extends Step> {
  /** The workflows that take this step if nothing goes wrong. */
  takenBy: ReadonlyArray<'order' | 'cancellation'>;
  /** The step that reverses this one. It works whether this one has happened, has not happened or is in flight. */
  undo: Step | null;
  input(order: OrderInput, detail: StepDetail[S]): StepInput<S>;
  /** Shown in the Web UI. */
  summary(order: OrderInput, detail: StepDetail[S]): string;
  /** Total time for all attempts. If unset, the step is retried for ever. */
  limitMs?(order: OrderInput): number;
  /** First makes one attempt as a local activity, in the workflow task, unless the order's `charge` is `regular`. */
  locallyFirst?: true;
  /** The order as the Web UI shows it while this step is stuck. */
  settled?(detail: StepDetail[S]): SettledOrder;
}

/**
 * The steps of an order, each with its undo. Each workflow takes its steps in this sequence. A new step also affects
 * workflows that are already running, so add it as docs/adding-a-step.md describes.
 */
export const stepTable: { readonly [S in Step]: StepDeclaration<S> } = {
  /**
   * Retried under the same key until the order's deadline, because a failed attempt may still have charged the buyer.
   */
  chargeOrder: {
    takenBy: ['order'],
    undo: 'cancelCharge',
    input: ({ orderId, ownerId, price, ...order }) => ({ orderId, ownerId, price, ...originOf(order) }),
    summary: ({ price, chargeKey }) => `charge ${price} under key ${chargeKey}`,
    limitMs: ({ deadlineS }) => deadlineS * 1000,
    locallyFirst: true,
  },
  /**
   * If the outcome of the charge is unknown, the order must not fail until billing has confirmed in this step that the
   * buyer does not pay.
   */
  cancelCharge: {
    takenBy: ['cancellation'],
    undo: null,
    input: ({ orderId, ownerId, ...order }, cause) => ({ orderId, ownerId, cause, ...originOf(order) }),
    summary: ({ chargeKey }, cause) => `cancel the charge under key ${chargeKey} (${cause})`,
  },
  settleOrder: {
    takenBy: ['order'],
    undo: null,
    input: ({ orderId }, { status, reason }) => ({ orderId, status, reason }),
    summary: (_order, { status, reason }) => `write ${status}${reason ? ` (${reason})` : ''} to the order`,
    locallyFirst: true,
  },
  cancelOrder: {
    takenBy: ['cancellation'],
    undo: null,
    input: ({ orderId }, { reason }) => ({ orderId, reason }),
    summary: (_order, { reason }) => `write CANCELLED (${reason}) to the order`,
  },
  announceOrder: {
    takenBy: ['order', 'cancellation'],
    undo: null,
    input: ({ orderId, ownerId, ...order }, { status, reason }) => ({
      orderId,
      ownerId,
      status,
      reason,
      ...originOf(order),
    }),
    summary: (_order, { status }) => `announce that the order is ${status}`,
    settled: (settled) => settled,
  },
};

/** The steps that a workflow takes if nothing goes wrong, in order. */
export const stepsOf = (workflow: 'order' | 'cancellation'): Step[] =>
  (Object.keys(stepTable) as Step[]).filter((step) => stepTable[step].takenBy.includes(workflow));

function originOf({ correlationId, traceparent }: Origin): Origin {
  return { correlationId, ...(traceparent !== undefined && { traceparent }) };
}
