import type { ChargeOutcome, Decision } from '../specs/temporal.ts';

/**
 * Maps billing's answer to an order status. If the charge was cancelled, the cause that billing stored first determines
 * the status.
 */
export function decide(charge: ChargeOutcome): Decision {
  switch (charge.outcome) {
    case 'CHARGED':
      return { status: 'SUCCESS', reason: null };
    case 'DECLINED':
      return { status: 'FAILED', reason: 'insufficient-funds' };
    case 'CANCELLED':
    case 'REFUNDED':
      return { status: charge.cause === 'deadline' ? 'FAILED' : 'CANCELLED', reason: charge.cause };
  }
}
