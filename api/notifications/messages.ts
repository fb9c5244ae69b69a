import type { OrderRejected } from '../../specs/generated/preferable/events.ts';
import type { EventName } from './store.ts';

/** One of an order's events, as far as the buyer is concerned. */
export interface OrderEvent {
  name: EventName;
  orderId: string;
  /** Of a rejected order. */
  reason?: OrderRejected['reason'] | undefined;
}

const because: Record<OrderRejected['reason'], string> = {
  'insufficient-funds': 'there was not enough money on your account. Nothing was taken from it.',
  deadline: 'the payment did not go through in time. Nothing was taken from your account.',
};

/** What the buyer is told. It is stored and shown, so it says nothing personal. */
export function messageOf({ name, orderId, reason }: OrderEvent): string {
  switch (name) {
    case 'OrderCreated':
      return `Your order ${orderId} is placed and paid. Thank you.`;
    case 'OrderRejected':
      return `Your order ${orderId} was not paid: ${because[reason!]}`;
    case 'OrderCancelled':
      return `Your order ${orderId} is cancelled. If it had been paid, the money is back on your account.`;
  }
}

const what: Record<EventName, string> = {
  OrderCreated: 'is placed',
  OrderRejected: 'was not paid',
  OrderCancelled: 'is cancelled',
};

/** The subject of the mail that goes with the message. */
export const subjectOf = ({ eventName, orderId }: { eventName: EventName; orderId: string }): string =>
  `Your order ${orderId} ${what[eventName]}`;
