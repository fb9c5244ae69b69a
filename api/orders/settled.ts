import { finalStatuses, type SettledOrder } from '../../specs/temporal.ts';

/**
 * A workflow's result, which a worker of another release may have written: only the properties that this release knows.
 * Undefined if the status is missing or unknown. The outcome is then not known here, rather than a refusal.
 */
export function readSettled(result: unknown): SettledOrder | undefined {
  const { orderId, status: text, reason } = (result ?? {}) as Record<keyof SettledOrder, unknown>;
  const status = finalStatuses.find((each) => each === text);
  if (!status || typeof orderId !== 'string') return undefined;
  return { orderId, status, reason: typeof reason === 'string' ? reason : null };
}
