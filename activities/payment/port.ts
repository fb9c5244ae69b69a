import type { CancelChargeRequest, ChargeOutcome, ChargeRequest } from '../../specs/temporal.ts';

/** Type of the failure with which `charge` rejects if billing has the key of the order with another request. */
export const KEY_REUSED = 'KeyReused';

/**
 * How an order is paid. Both calls act under a key derived from the order id alone, so they can be repeated. They
 * return only definite answers. An unknown outcome is not a refusal: they throw, and the step is retried.
 */
export interface Payment {
  charge(request: ChargeRequest, signal: AbortSignal): Promise<ChargeOutcome>;
  /** Refunds the charge if it has happened. Otherwise makes billing reject the charge if it arrives later. */
  cancelCharge(request: CancelChargeRequest, signal: AbortSignal): Promise<ChargeOutcome>;
}
