import type { OrderEventName } from '../../specs/generated/order-events.ts';

/** `SUPERSEDED`: the order was cancelled before the mail was sent, so only the cancellation is mailed. */
export type DeliveryStatus = 'PENDING' | 'SENT' | 'UNDELIVERABLE' | 'SUPERSEDED';

export interface NewNotification {
  /** The event's id. */
  id: string;
  userId: string;
  orderId: string;
  eventName: OrderEventName;
  message: string;
  correlationId: string;
}
