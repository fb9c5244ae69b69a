import { withDeadLetters } from '../../lib/kafka/dead-letters.ts';
import type { EventCodec } from '../../lib/kafka/events.ts';
import type { Received, Publisher } from '../../lib/kafka/message.ts';
import type { TopicsConsumption } from '../../lib/kafka/topic-readers.ts';
import type { Transport } from '../../lib/kafka/transport.ts';
import type { Log } from '../../lib/log.ts';
import { orderEvents, type OrderEventName } from '../../specs/generated/order-events.ts';
import type { OrderCancelled, OrderCreated, OrderRejected } from '../../specs/generated/preferable/events.ts';
import { messageOf } from './messages.ts';
import type { NotificationStore } from './store.ts';

export const GROUP_ID = 'notifications';

/** One topic per final status of an order. */
export const orderTopics = Object.values(orderEvents).map(({ topic }) => topic);

export interface ConsumerPorts {
  transport: Transport;
  publisher: Publisher;
  codec: EventCodec;
  store: Pick<NotificationStore, 'record'>;
  onRecorded(): void;
  log: Log;
  groupId?: string;
}

/** Records one notification per order event, then commits its offset. The sender sends the mail later. */
export function consumeOrderEvents({
  transport,
  publisher,
  codec,
  store,
  onRecorded,
  log,
  groupId = GROUP_ID,
}: ConsumerPorts): TopicsConsumption {
  const handle = async (message: Received): Promise<void> => {
    const { id, type, payload, correlationId } = codec.decode(message);
    // Only the properties that this release knows: the payload of a newer release may have others.
    const { orderId, userId, reason } = payload as (OrderCreated | OrderCancelled) & Partial<OrderRejected>;
    const eventName = type as OrderEventName;
    const text = messageOf({ name: eventName, orderId, reason });
    const recorded = await store.record({ id, userId, orderId, eventName, message: text, correlationId });
    log.info(
      { role: 'notifications', orderId, event: eventName, eventId: id, correlationId, repeated: !recorded },
      'event received',
    );
    if (recorded) onRecorded();
  };
  return transport.consume({ groupId, topics: orderTopics, handle: withDeadLetters({ publisher, log, handle }) });
}
