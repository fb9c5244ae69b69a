import type { EventCodec } from '../../lib/kafka/events.ts';
import type { Publisher } from '../../lib/kafka/message.ts';
import { orderEvents } from '../../specs/generated/order-events.ts';
import { orderEventId } from '../../specs/identity.ts';
import type { Announcement } from './port.ts';

/** Announces an order with an event on Kafka. The event's id is the same however often it is published. */
export const createAnnouncementByEvent = ({
  publisher,
  codec,
}: {
  publisher: Publisher;
  codec: EventCodec;
}): Announcement => ({
  async announce({ orderId, ownerId, status, reason, correlationId, traceparent }) {
    const { name: type, topic } = orderEvents[status];
    await publisher.publish(
      codec.encode({
        id: orderEventId(orderId, type),
        type,
        topic,
        key: orderId,
        payload: { orderId, userId: ownerId, ...(type === 'OrderRejected' && { reason: reason ?? 'unknown' }) },
        correlationId,
        traceparent,
      }),
    );
  },
});
