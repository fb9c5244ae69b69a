import type { CancelCause } from '../../specs/temporal.ts';

/** `client`: keys that buyers choose. `order`: charge keys of orders. A buyer's key can thus never block a charge. */
export type Scope = 'client' | 'order';

export type Kind = 'replenishment' | 'withdrawal';

/** One key has one outcome, for ever; only CHARGED may become REFUNDED. */
export interface Key {
  ownerId: string;
  scope: Scope;
  key: string;
}

/** Amounts are whole minor units. */
export interface Movement extends Key {
  kind: Kind;
  amount: number;
}

export interface Outcome {
  kind: Kind;
  /** Null if the key was cancelled before it was used. */
  amount: number | null;
  outcome: 'CHARGED' | 'CREDITED' | 'DECLINED' | 'CANCELLED' | 'REFUNDED';
  cause: CancelCause | null;
  balanceAfter: number | null;
  transactionId: number | null;
  /** True if the outcome existed before this call. */
  replayed: boolean;
}

export interface Transaction {
  id: number;
  kind: Kind;
  /** Negative for a withdrawal. */
  amount: number;
  scope: Scope;
  idempotencyKey: string;
  createdAt: Date;
  isCancelled: boolean;
}
