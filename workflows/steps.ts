import { isCancellation, proxyActivities, proxyLocalActivities, TemporalFailure } from '@temporalio/workflow';
import type { CancelCause, ChargeOutcome } from '../activities/billing.ts';
import type { Activities } from '../activities/index.ts';
import type { Decision } from './decision.ts';
import type { OrderInput, SettledOrder } from './order.ts';

const regular = proxyActivities<Activities>({
  // Longer than billing's own deadline and the client's, so that the one who gives up first is the one who knows most.
  startToCloseTimeout: '5s',
  retry: { initialInterval: '250ms', backoffCoefficient: 2, maximumInterval: '30s' },
});

/** One short try within the workflow task. A longer one would hold up the task, and be repeated whole if the worker died. */
const local = proxyLocalActivities<Activities>({ startToCloseTimeout: '2s', scheduleToCloseTimeout: '3s', retry: { maximumAttempts: 1 } });

/** The steps of an order, each with the words that the Web UI shows for it. */
export function steps({ orderId, ownerId, price, correlationId, chargeKey, charge, deadlineS }: OrderInput) {
  return {
    /** Asked until the order's deadline: a charge whose outcome is unknown is asked for again under the same key. */
    chargeOrder(): Promise<ChargeOutcome> {
      const summary = `charge ${price} under key ${chargeKey}`;
      const args: Parameters<Activities['chargeOrder']> = [{ orderId, ownerId, price, correlationId }];
      return firstLocally(
        charge,
        () => local.chargeOrder.executeWithOptions({ summary }, args),
        () => regular.chargeOrder.executeWithOptions({ summary, scheduleToCloseTimeout: deadlineS * 1000 }, args),
      );
    },

    /** Asked without end: only billing's promise lets the order fail. */
    cancelCharge: (cause: CancelCause): Promise<ChargeOutcome> =>
      regular.cancelCharge.executeWithOptions({ summary: `cancel the charge under key ${chargeKey} (${cause})` }, [{ orderId, ownerId, cause, correlationId }]),

    /** Tried without end: the money has decided. */
    settleOrder({ status, reason }: Decision): Promise<SettledOrder> {
      const summary = `write ${status}${reason ? ` (${reason})` : ''} to the order`;
      const args: Parameters<Activities['settleOrder']> = [{ orderId, status, reason }];
      return firstLocally(
        charge,
        () => local.settleOrder.executeWithOptions({ summary }, args),
        () => regular.settleOrder.executeWithOptions({ summary }, args),
      );
    },

    /** Tried without end: billing has promised. */
    cancelOrder: ({ reason }: Decision): Promise<SettledOrder> =>
      regular.cancelOrder.executeWithOptions({ summary: `write CANCELLED (${reason}) to the order` }, [{ orderId, reason }]),

    /** Tried without end: nobody is forgotten. */
    announceOrder: ({ status, reason }: SettledOrder): Promise<void> =>
      regular.announceOrder.executeWithOptions({ summary: `announce that the order is ${status}` }, [{ orderId, ownerId, status, reason, correlationId }]),
  };
}

/** Where steps run locally, tries once within the workflow task. What that try left unknown is asked for again, as an activity of its own. */
async function firstLocally<T>(mode: OrderInput['charge'], locally: () => Promise<T>, regularly: () => Promise<T>): Promise<T> {
  if (mode === 'regular') return regularly();
  try {
    return await locally();
  } catch (error) {
    if (!(error instanceof TemporalFailure) || isCancellation(error)) throw error;
    return regularly();
  }
}
