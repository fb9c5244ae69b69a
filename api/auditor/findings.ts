import type { Invariant } from './invariants.ts';

/** What the services store about one buyer's orders. Amounts are whole minor units. */
export interface AuditData {
  ownerId: string;
  orders: AuditedOrder[];
  account: { balance: bigint; ledgerSum: bigint };
  /** Movements and outcomes in the scope `order` only. */
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
  /** The state of the mail. */
  status: string;
}

/** Maps an order id to the final statuses that its workflows are still announcing. */
export type Announcing = ReadonlyMap<string, readonly string[]>;

/** A contradiction in the data. */
export interface Drift {
  invariant: Invariant;
  /** Undefined if the drift is in a database itself, such as an invalid index. */
  ownerId?: string;
  orderId?: string;
  /** The charge key, if billing has a charge or an outcome without an order. */
  key?: string;
  what: string;
}
