import type { OrderEventName } from '../../specs/generated/order-events.ts';
import type { OrderRejected } from '../../specs/generated/preferable/events.ts';

export interface OrderEvent {
  name: OrderEventName;
  orderId: string;
  /** Set only for `OrderRejected`. */
  reason?: OrderRejected['reason'] | undefined;
}

const because: Record<OrderRejected['reason'], string> = {
  'insufficient-funds': 'your balance was too low',
  deadline: 'the payment did not go through in time',
};

/** The message to the buyer. Contains no personal data, because it is stored. */
export function messageOf({ name, orderId, reason }: OrderEvent): string {
  switch (name) {
    case 'OrderCreated':
      return `Your order ${orderId} has been placed and paid. Thank you!`;
    case 'OrderRejected':
      return `Your order ${orderId} could not be completed because ${because[reason!]}. No money was taken from your account.`;
    case 'OrderCancelled':
      return `Your order ${orderId} has been cancelled. If you had already paid, the money has been refunded to your account.`;
  }
}

const outcome: Record<OrderEventName, string> = {
  OrderCreated: 'has been placed',
  OrderRejected: 'could not be completed',
  OrderCancelled: 'has been cancelled',
};

/** The subject of the mail. A newer release may have recorded the notification of an event that this one does not know. */
export const subjectOf = ({ eventName, orderId }: { eventName: OrderEventName; orderId: string }): string =>
  `Your order ${orderId} ${outcome[eventName] ?? 'has been updated'}`;
