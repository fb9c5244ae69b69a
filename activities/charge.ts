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
  /** Seconds after an order was placed. Before that, the deadline of a workflow does not cancel its charge. */
  orderDeadlineS: number;
}

/** A placing time further in the future than this is an error, not a clock difference. */
const CLOCK_TOLERANCE_MS = 60_000;

/**
 * Both activities act on the order's row, not on the workflow's input. The row may be read at any time before billing
 * is asked: the id, owner, price and time of a row never change. The status may change meanwhile, but billing stores
 * one outcome per key and so decides between a charge and its cancellation.
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
    /**
     * Asks billing even if the order is final: billing then returns the outcome that it stored under the order's key.
     */
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
 * A workflow may give up before the deadline of its row, because its input has another deadline or its clock runs
 * ahead. Then this step and its retries try the charge further. Returns undefined if billing refuses the charge for
 * good.
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
 * Returns the cause for which the charge may be cancelled. Returns undefined if the order has succeeded and its row
 * records no cancellation request. Without this rule, a second run of the order's workflow would refund a paid order if
 * billing did not answer by the deadline of that run.
 */
function supportedCause({ id, status, reason, cancelCause }: PlacedOrder, asked: CancelCause): CancelCause | undefined {
  // A failed or cancelled order must not keep money, so its charge may be cancelled again.
  if (status === 'FAILED' || status === 'CANCELLED') return cancelCauses.find((cause) => cause === reason) ?? asked;
  if (status === 'SUCCESS') return cancelCause ?? undefined;
  // The activity learns the type of its workflow from Temporal. The order's own workflow derives its cause from its
  // deadline, or from an operator who cancels it in the Web UI. A cancellation workflow has its cause from its input.
  // Anyone who can start a workflow of the order's type can also cancel it. So an operator's cancellation counts only
  // in the workflow that has the order's id. A deadline counts in any workflow of that type, because it is compared
  // with the row's deadline.
  const { workflowType, workflowExecution } = activityInfo();
  const isOwn = workflowExecution?.workflowId === orderWorkflowId(id);
  if (workflowType === workflowTypes.order && (isOwn || asked === 'deadline')) return asked;
  if (cancelCause !== null) return cancelCause;
  reportContradiction(id, 'cancellation');
  // A request is written to the row before its workflow starts, so a retry would not find one either. A later request
  // starts the failed workflow again.
  throw ApplicationFailure.nonRetryable(`order ${id} records no cancellation request`, 'NotRequested');
}
