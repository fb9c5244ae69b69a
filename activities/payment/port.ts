import type { CancelChargeRequest, ChargeOutcome, ChargeRequest } from '../../specs/temporal.ts';

/**
 * How an order is paid. Both calls act under a key derived from the order id alone, so they can be repeated. They
 * return only a definite answer and throw on any other, to be retried: an unknown outcome is not a refusal.
 */
export interface Payment {
  charge(request: ChargeRequest, signal: AbortSignal): Promise<ChargeOutcome>;
  /** Refunds the charge if it happened, and makes sure that it is rejected if it arrives later. */
  cancelCharge(request: CancelChargeRequest, signal: AbortSignal): Promise<ChargeOutcome>;
}
