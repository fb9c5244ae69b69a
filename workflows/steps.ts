import { isCancellation, proxyActivities, proxyLocalActivities, TemporalFailure } from '@temporalio/workflow';
import type { CancelCause, ChargeOutcome } from '../activities/billing.ts';
import type { Activities } from '../activities/index.ts';
import type { Decision } from './decision.ts';
import type { OrderInput, SettledOrder } from './order.ts';
import { untilDone } from './stuck.ts';

const regular = proxyActivities<Activities>({
  // Longer than billing's own deadline and the client's, so that the one who gives up first is the one who knows most.
  startToCloseTimeout: '5s',
  retry: { initialInterval: '250ms', backoffCoefficient: 2, maximumInterval: '30s' },
});

/** One short try within the workflow task. A longer one would hold up the task, and be repeated whole if the worker died. */
const local = proxyLocalActivities<Activities>({
  startToCloseTimeout: '2s',
  scheduleToCloseTimeout: '3s',
  retry: { maximumAttempts: 1 },
});

/** The steps of an order, each with the words that the Web UI shows for it. */
export function steps(order: OrderInput) {
  const { orderId, ownerId, price, correlationId, traceparent, chargeKey, charge, deadlineS } = order;
  /** What ties all that follows from the order to the request that placed it. */
  const origin = { correlationId, ...(traceparent !== undefined && { traceparent }) };
  return {
    /** Asked until the order's deadline: a charge whose outcome is unknown is asked for again under the same key. */
    chargeOrder(): Promise<ChargeOutcome> {
      const summary = `charge ${price} under key ${chargeKey}`;
      const args: Parameters<Activities['chargeOrder']> = [{ orderId, ownerId, price, ...origin }];
      return firstLocally(
        charge,
        () => local.chargeOrder.executeWithOptions({ summary }, args),
        () =>
          untilDone({ order, step: 'chargeOrder', limitMs: deadlineS * 1000 }, (bounds) =>
            regular.chargeOrder.executeWithOptions({ summary, ...bounds }, args),
          ),
      );
    },

    /** Asked without end: only billing's promise lets the order fail. */
    cancelCharge(cause: CancelCause): Promise<ChargeOutcome> {
      const summary = `cancel the charge under key ${chargeKey} (${cause})`;
      return untilDone({ order, step: 'cancelCharge' }, (bounds) =>
        regular.cancelCharge.executeWithOptions({ summary, ...bounds }, [{ orderId, ownerId, cause, ...origin }]),
      );
    },

    /** Tried without end: the money has decided. */
    settleOrder({ status, reason }: Decision): Promise<SettledOrder> {
      const summary = `write ${status}${reason ? ` (${reason})` : ''} to the order`;
      const args: Parameters<Activities['settleOrder']> = [{ orderId, status, reason }];
      return firstLocally(
        charge,
        () => local.settleOrder.executeWithOptions({ summary }, args),
        () =>
          untilDone({ order, step: 'settleOrder' }, (bounds) =>
            regular.settleOrder.executeWithOptions({ summary, ...bounds }, args),
          ),
      );
    },

    /** Tried without end: billing has promised. */
    cancelOrder({ reason }: Decision): Promise<SettledOrder> {
      const summary = `write CANCELLED (${reason}) to the order`;
      return untilDone({ order, step: 'cancelOrder' }, (bounds) =>
        regular.cancelOrder.executeWithOptions({ summary, ...bounds }, [{ orderId, reason }]),
      );
    },

    /** Tried without end: nobody is forgotten. */
    announceOrder(settled: SettledOrder): Promise<void> {
      const { status, reason } = settled;
      return untilDone({ order, step: 'announceOrder', settled }, (bounds) =>
        regular.announceOrder.executeWithOptions({ summary: `announce that the order is ${status}`, ...bounds }, [
          { orderId, ownerId, status, reason, ...origin },
        ]),
      );
    },
  };
}

/** Where steps run locally, tries once within the workflow task. What that try left unknown is asked for again, as an activity of its own. */
async function firstLocally<T>(
  mode: OrderInput['charge'],
  locally: () => Promise<T>,
  regularly: () => Promise<T>,
): Promise<T> {
  if (mode === 'regular') return regularly();
  try {
    return await locally();
  } catch (error) {
    if (!(error instanceof TemporalFailure) || isCancellation(error)) throw error;
    return regularly();
  }
}
