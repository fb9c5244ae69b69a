import { isCancellation, proxyActivities, proxyLocalActivities, TemporalFailure } from '@temporalio/workflow';
import type { CancelCause, ChargeOutcome } from '../activities/billing.ts';
import type { Activities } from '../activities/index.ts';
import type { OrderInput, SettledOrder } from '../specs/temporal.ts';
import type { Decision } from './decision.ts';
import { untilDone } from './until-done.ts';

const regular = proxyActivities<Activities>({
  // Longer than the timeouts of billing and of its client, so that the side that knows most about a failure reports it.
  startToCloseTimeout: '5s',
  retry: { initialInterval: '250ms', backoffCoefficient: 2, maximumInterval: '30s' },
});

/** One short attempt, because it delays the workflow task and starts over if the worker crashes. */
const local = proxyLocalActivities<Activities>({
  startToCloseTimeout: '2s',
  scheduleToCloseTimeout: '3s',
  retry: { maximumAttempts: 1 },
});

/** The steps of an order. All but `chargeOrder` are retried forever. */
export function steps(order: OrderInput) {
  const { orderId, ownerId, price, correlationId, traceparent, chargeKey, charge, deadlineS } = order;
  /** Links requests and events to the one that placed the order. */
  const origin = { correlationId, ...(traceparent !== undefined && { traceparent }) };
  return {
    /** Retried under the same key until the order's deadline: the outcome of a failed attempt is unknown. */
    chargeOrder(): Promise<ChargeOutcome> {
      const summary = `charge ${price} under key ${chargeKey}`;
      const args: Parameters<Activities['chargeOrder']> = [{ orderId, ownerId, price, ...origin }];
      return locallyFirst(
        charge,
        () => local.chargeOrder.executeWithOptions({ summary }, args),
        () =>
          untilDone({ order, step: 'chargeOrder', limitMs: deadlineS * 1000 }, (options) =>
            regular.chargeOrder.executeWithOptions({ summary, ...options }, args),
          ),
      );
    },

    /** The order may only fail once billing confirms that nothing will be charged. */
    cancelCharge(cause: CancelCause): Promise<ChargeOutcome> {
      const summary = `cancel the charge under key ${chargeKey} (${cause})`;
      return untilDone({ order, step: 'cancelCharge' }, (options) =>
        regular.cancelCharge.executeWithOptions({ summary, ...options }, [{ orderId, ownerId, cause, ...origin }]),
      );
    },

    settleOrder({ status, reason }: Decision): Promise<SettledOrder> {
      const summary = `write ${status}${reason ? ` (${reason})` : ''} to the order`;
      const args: Parameters<Activities['settleOrder']> = [{ orderId, status, reason }];
      return locallyFirst(
        charge,
        () => local.settleOrder.executeWithOptions({ summary }, args),
        () =>
          untilDone({ order, step: 'settleOrder' }, (options) =>
            regular.settleOrder.executeWithOptions({ summary, ...options }, args),
          ),
      );
    },

    cancelOrder({ reason }: Decision): Promise<SettledOrder> {
      const summary = `write CANCELLED (${reason}) to the order`;
      return untilDone({ order, step: 'cancelOrder' }, (options) =>
        regular.cancelOrder.executeWithOptions({ summary, ...options }, [{ orderId, reason }]),
      );
    },

    announceOrder(settled: SettledOrder): Promise<void> {
      const { status, reason } = settled;
      return untilDone({ order, step: 'announceOrder', settled }, (options) =>
        regular.announceOrder.executeWithOptions({ summary: `announce that the order is ${status}`, ...options }, [
          { orderId, ownerId, status, reason, ...origin },
        ]),
      );
    },
  };
}

/** Unless the mode is `regular`, makes one local attempt. If that fails, runs a regular activity. */
async function locallyFirst<T>(
  mode: OrderInput['charge'],
  runLocal: () => Promise<T>,
  runRegular: () => Promise<T>,
): Promise<T> {
  if (mode === 'regular') return runRegular();
  try {
    return await runLocal();
  } catch (error) {
    if (!(error instanceof TemporalFailure) || isCancellation(error)) throw error;
    return runRegular();
  }
}
