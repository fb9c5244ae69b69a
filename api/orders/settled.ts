import { finalStatuses, orderReasons, type SettledOrder } from '../../specs/temporal.ts';

/**
 * Reads the properties that this release knows from a workflow's result, which a worker of another release may have
 * written. Undefined if one of them is missing or has an unknown value: then the outcome is unknown, not a refusal.
 */
export function readSettled(result: unknown): SettledOrder | undefined {
  const { orderId, status: ended, reason: why = null } = (result ?? {}) as Record<keyof SettledOrder, unknown>;
  const status = finalStatuses.find((each) => each === ended);
  const reason = why === null ? null : orderReasons.find((each) => each === why);
  return status && reason !== undefined && typeof orderId === 'string' ? { orderId, status, reason } : undefined;
}

/**
 * Reads the outcome of this order from a workflow's result. Returns undefined if the workflow was started for another
 * order, even if it has this order's id.
 */
export function readOutcomeOf(orderId: string, result: unknown): SettledOrder | undefined {
  const settled = readSettled(result);
  return settled?.orderId === orderId ? settled : undefined;
}
