import { settingPoisonAside } from '../../lib/dead-letters.ts';
import type { EventCodec } from '../../lib/events.ts';
import type { Consumption, Publisher, Received, Transport } from '../../lib/kafka.ts';
import type { Log } from '../../lib/log.ts';
import type { OrderCancelled, OrderCreated, OrderRejected } from '../../specs/generated/preferable/events.ts';
import { messageOf } from './messages.ts';
import type { EventName, NotificationStore } from './store.ts';

const GROUP_ID = 'notifications';

/** What an order can become. */
export const orderTopics = [
  'order-service.OrderCreated',
  'order-service.OrderRejected',
  'order-service.OrderCancelled',
] as const;

export interface ConsumerPorts {
  transport: Transport;
  publisher: Publisher;
  codec: EventCodec;
  store: Pick<NotificationStore, 'record'>;
  /** Told that a notification has been recorded that was not there before. */
  onRecorded(): void;
  log: Log;
  groupId?: string;
}

/** Turns each event of an order into a row, once, and only then counts it as read. The mail is sent by somebody else, later. */
export function consumeOrderEvents({
  transport,
  publisher,
  codec,
  store,
  onRecorded,
  log,
  groupId = GROUP_ID,
}: ConsumerPorts): Consumption {
  const handle = async (message: Received): Promise<void> => {
    const { id, type, payload, correlationId } = codec.decode(message);
    const { orderId, userId, ...rest } = payload as OrderCreated | OrderRejected | OrderCancelled;
    const eventName = type as EventName;
    const told = messageOf({ name: eventName, orderId, ...rest });
    const recorded = await store.record({ id, userId, orderId, eventName, message: told, correlationId });
    log.info(
      { role: 'notifications', orderId, event: eventName, eventId: id, correlationId, repeated: !recorded },
      'event',
    );
    if (recorded) onRecorded();
  };
  return transport.consume({ groupId, topics: orderTopics, handle: settingPoisonAside({ publisher, log, handle }) });
}
