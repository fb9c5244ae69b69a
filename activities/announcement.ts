import type { EventCodec } from '../lib/kafka/events.ts';
import type { Publisher } from '../lib/kafka/message.ts';
import { orderEventId } from '../specs/identity.ts';

export interface Announcement {
  orderId: string;
  ownerId: string;
  status: 'SUCCESS' | 'FAILED' | 'CANCELLED';
  reason: string | null;
  correlationId: string;
  traceparent?: string;
}

const EVENT_TYPES = { SUCCESS: 'OrderCreated', FAILED: 'OrderRejected', CANCELLED: 'OrderCancelled' } as const;

export function createAnnouncementActivities({ publisher, codec }: { publisher: Publisher; codec: EventCodec }) {
  return {
    /** Publishes the order's final status. Repeats have the same event id, so readers drop them. */
    async announceOrder({ orderId, ownerId, status, reason, correlationId, traceparent }: Announcement): Promise<void> {
      const type = EVENT_TYPES[status];
      await publisher.publish(
        codec.encode({
          id: orderEventId(orderId, type),
          type,
          topic: `order-service.${type}`,
          key: orderId,
          payload: { orderId, userId: ownerId, ...(type === 'OrderRejected' && { reason: reason ?? 'unknown' }) },
          correlationId,
          traceparent,
        }),
      );
    },
  };
}
