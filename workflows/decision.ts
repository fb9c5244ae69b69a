import type { ChargeOutcome } from '../activities/billing.ts';

export interface Decision {
  status: 'SUCCESS' | 'FAILED' | 'CANCELLED';
  reason: string | null;
}

/** What billing's definite answer makes of an order. Of a cancelled charge, the cause that billing stored first decides, whoever asked. */
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
