import type { Invariant } from './invariants.ts';

/** Everything that is known of one buyer's orders, from the services that know it. Amounts are whole minor units. */
export interface Book {
  ownerId: string;
  orders: BookedOrder[];
  account: { balance: bigint; ledgerSum: bigint };
  /** Under the keys of orders only. */
  movements: BookedMovement[];
  outcomes: BookedOutcome[];
  notifications: BookedNotification[];
}

export interface BookedOrder {
  id: string;
  ownerId: string;
  price: bigint;
  version: number;
  status: string;
  firstStatus: string | null;
  createdAt: Date;
}

export interface BookedMovement {
  key: string;
  amount: bigint;
  isCancelled: boolean;
}

export interface BookedOutcome {
  key: string;
  outcome: string;
}

export interface BookedNotification {
  orderId: string;
  eventName: string;
}

/** By order: what it has become, as far as that is being announced at this moment. */
export type Announcing = ReadonlyMap<string, readonly string[]>;

/** Where two parts of the system do not say the same. */
export interface Drift {
  invariant: Invariant;
  /** Whose orders and money it is about; of a drift of the databases themselves, nobody's. */
  ownerId?: string;
  orderId?: string;
  /** Of a charge that belongs to no order. */
  key?: string;
  what: string;
}
