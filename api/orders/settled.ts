import { finalStatuses, orderReasons, type SettledOrder } from '../../specs/temporal.ts';

/**
 * Reads a workflow's result, which a worker of another release may have written: only the properties that this release
 * knows. Undefined if one of them is missing or unknown: the outcome is then not known here, rather than a refusal.
 */
export function readSettled(result: unknown): SettledOrder | undefined {
  const { orderId, status: ended, reason: why = null } = (result ?? {}) as Record<keyof SettledOrder, unknown>;
  const status = finalStatuses.find((each) => each === ended);
  const reason = why === null ? null : orderReasons.find((each) => each === why);
  return status && reason !== undefined && typeof orderId === 'string' ? { orderId, status, reason } : undefined;
}
