// Generated from the contracts in specs/ by `npm run specs`. Changes belong there.
/**
 * The whole profile. Null means that it was deleted.
 */
export type UserUpdated = {
  /**
   * An id as this system gives it out, in lower case.
   */
  userId: string;
  firstName: string;
  lastName: string;
  email: string;
  /**
   * Near E.164. A plus, digits, and the spaces, dots, dashes and brackets that people put between them.
   */
  phone: string;
  /**
   * Which change this is, counted from 1 without a gap.
   */
  version: number;
} | null;

export interface Events {
  OrderCreated: OrderCreated;
  OrderRejected: OrderRejected;
  OrderCancelled: OrderCancelled;
  UserUpdated: UserUpdated;
}
export interface OrderCreated {
  /**
   * An id as this system gives it out, in lower case.
   */
  orderId: string;
  /**
   * An id as this system gives it out, in lower case.
   */
  userId: string;
}
export interface OrderRejected {
  /**
   * An id as this system gives it out, in lower case.
   */
  orderId: string;
  /**
   * An id as this system gives it out, in lower case.
   */
  userId: string;
  /**
   * There was not enough money, or the order's deadline passed.
   */
  reason: 'insufficient-funds' | 'deadline';
}
export interface OrderCancelled {
  /**
   * An id as this system gives it out, in lower case.
   */
  orderId: string;
  /**
   * An id as this system gives it out, in lower case.
   */
  userId: string;
}

/** The name of an event, which is also its `eventType`. */
export type EventName = keyof Events;
