import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import {
  cancelCauses,
  IN_PROGRESS,
  orderWorkflowId,
  workflowTypes,
  type CancelCause,
  type ChargeOutcome,
  type OrderActivities,
} from '../specs/temporal.ts';
import { KEY_REUSED, type Payment } from './payment/port.ts';
import { originOf, readPlaced, reportContradiction, type OrderReader, type PlacedOrder } from './placed-order.ts';

export interface ChargePorts {
  payment: Payment;
  orders: OrderReader;
  /** Until this long after its order was placed, a charge is not cancelled because of the deadline. */
  orderDeadlineS: number;
}

/** A time this far in the future is wrong, not due to clocks that differ. */
const CLOCK_TOLERANCE_MS = 60_000;

/**
 * Both activities act on the order's row, not on the workflow's input. They may read the row at any time before they ask
 * billing: id, owner, price and time of a row never change, and whatever happens to its status meanwhile, billing has
 * one outcome per key and decides between a charge and its cancellation.
 */
export function createChargeActivities({
  payment,
  orders,
  orderDeadlineS,
}: ChargePorts): Pick<OrderActivities, 'chargeOrder' | 'cancelCharge'> {
  const isBeforeDeadline = ({ createdAt }: PlacedOrder): boolean => {
    const ageMs = Date.now() - Date.parse(createdAt);
    return ageMs > -CLOCK_TOLERANCE_MS && ageMs < orderDeadlineS * 1000;
  };

  return {
    /** Also asks billing about a final order, which finds the stored outcome under the order's key. */
    chargeOrder: async (request) => charge(payment, await readPlaced(orders, request)),

    /** Cancels the charge only for a reason that the row supports. Otherwise the order keeps its charge. */
    async cancelCharge(request) {
      const row = await readPlaced(orders, { orderId: request.orderId, ownerId: request.ownerId });
      const cause = supportedCause(row, request.cause);
      if (cause === undefined) return { outcome: 'CHARGED' };
      if (row.status === IN_PROGRESS && cause === 'deadline' && isBeforeDeadline(row)) {
        const outcome = await chargeUnlessRefused(payment, row);
        if (outcome) return outcome;
      }
      const { id: orderId, userId: ownerId } = row;
      return payment.cancelCharge({ orderId, ownerId, cause, ...originOf(row) }, cancellationSignal());
    },
  };
}

const charge = (payment: Payment, row: PlacedOrder): Promise<ChargeOutcome> =>
  payment.charge({ orderId: row.id, ownerId: row.userId, price: row.price, ...originOf(row) }, cancellationSignal());

/**
 * A workflow may give up before the deadline of its row: its input has another deadline, or its clock runs ahead. The
 * charge is then tried further, by the retries of this step. Undefined if billing refuses it for good.
 */
async function chargeUnlessRefused(payment: Payment, row: PlacedOrder): Promise<ChargeOutcome | undefined> {
  try {
    return await charge(payment, row);
  } catch (error) {
    if (error instanceof ApplicationFailure && error.type === KEY_REUSED) return undefined;
    throw error;
  }
}

/**
 * Returns the cause for which the row lets its charge be cancelled, or undefined if the order has succeeded and its row
 * records no cancellation request. Otherwise, if an operator ran the order's workflow again and billing did not answer
 * by the deadline of that run, a paid order would be refunded.
 */
function supportedCause({ id, status, reason, cancelCause }: PlacedOrder, asked: CancelCause): CancelCause | undefined {
  // Such an order has taken no money and never will, so billing may store that once more.
  if (status === 'FAILED' || status === 'CANCELLED') return cancelCauses.find((cause) => cause === reason) ?? asked;
  if (status === 'SUCCESS') return cancelCause ?? undefined;
  // Temporal names the type of the workflow. The order's own workflow derives its cause from its deadline, or from the
  // request of an operator in the Web UI. The cause of a cancellation workflow is part of its input.
  // Anyone who can start another workflow of that type can also cancel it. So an operator's request counts only in the
  // workflow that has the order's id. A deadline counts in any, because it is compared with the row's.
  const { workflowType, workflowExecution } = activityInfo();
  const isOwn = workflowExecution?.workflowId === orderWorkflowId(id);
  if (workflowType === workflowTypes.order && (isOwn || asked === 'deadline')) return asked;
  if (cancelCause !== null) return cancelCause;
  reportContradiction(id, 'cancellation');
  // The row records a request before its workflow starts, so a retry would find none either. A later request starts the
  // failed workflow again.
  throw ApplicationFailure.nonRetryable(`order ${id} records no cancellation request`, 'NotRequested');
}
