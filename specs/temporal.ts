/** Contains no personal data: many people can read a history, and it is kept for long. */
export interface OrderInput {
  orderId: string;
  ownerId: string;
  /** In whole minor units. */
  price: number;
  correlationId: string;
  /** From the request that placed the order. */
  traceparent?: string;
  /** For display only: activities derive the key from the order id. */
  chargeKey: string;
  /** `local` first tries charge and settle as local activities. */
  charge: 'local' | 'regular';
  /** After this time an undecided charge is cancelled. */
  deadlineS: number;
}

export interface SettledOrder {
  orderId: string;
  status: 'SUCCESS' | 'FAILED' | 'CANCELLED';
  reason: string | null;
}

export interface CancellationInput extends OrderInput {
  cause: 'buyer' | 'operator';
}
