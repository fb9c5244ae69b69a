import type { Invariant } from './invariants.ts';

/** What the services store about one buyer's orders. Amounts are whole minor units. */
export interface AuditData {
  ownerId: string;
  orders: AuditedOrder[];
  account: { balance: bigint; ledgerSum: bigint };
  /** Under keys of orders only. */
  movements: AuditedMovement[];
  outcomes: AuditedOutcome[];
  notifications: AuditedNotification[];
}

export interface AuditedOrder {
  id: string;
  ownerId: string;
  price: bigint;
  version: number;
  status: string;
  firstStatus: string | null;
  createdAt: Date;
}

export interface AuditedMovement {
  key: string;
  amount: bigint;
  isCancelled: boolean;
}

export interface AuditedOutcome {
  key: string;
  outcome: string;
}

export interface AuditedNotification {
  orderId: string;
  eventName: string;
}

/** By order, the statuses that are still being announced. */
export type Announcing = ReadonlyMap<string, readonly string[]>;

/** A contradiction in the data. */
export interface Drift {
  invariant: Invariant;
  /** Undefined for drift of a database itself. */
  ownerId?: string;
  orderId?: string;
  /** Of a charge without an order. */
  key?: string;
  what: string;
}
