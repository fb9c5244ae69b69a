import { randomBytes, randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { orderTopics } from '../../../api/notifications/consumer.ts';
import { createEventCodec } from '../../../lib/kafka/events.ts';
import type { Received } from '../../../lib/kafka/message.ts';
import { groupOfTopic } from '../../../lib/kafka/topic-groups.ts';
import { createTransport, type Transport } from '../../../lib/kafka/transport.ts';
import { createLog } from '../../../lib/log.ts';
import type { OrderEventName } from '../../../specs/generated/order-events.ts';
import asyncapi from '../../../specs/generated/preferable/asyncapi.json' with { type: 'json' };
import { eventDocument } from '../../../specs/generated/preferable/channels.ts';
import { orderEventId } from '../../../specs/identity.ts';
import { eventually } from '../eventually.ts';
import { env } from '../temporal/server.ts';

/** Connects to the broker with a separate topic prefix. Call `createTopics` before use. */
export async function startBroker() {
  const prefix = `test-${randomBytes(6).toString('hex')}.`;
  const log = createLog(process.env['TEST_LOG_LEVEL'] ?? 'silent');
  const transports: Transport[] = [];
  const connect = (brokers: string): Transport => {
    const transport = createTransport({ brokers: [brokers], clientId: 'test', prefix, log });
    transports.push(transport);
    return transport;
  };
  const transport = connect(env('KAFKA_BROKERS'));
  const publisher = transport.createPublisher();
  const codec = createEventCodec(asyncapi);
  const admin = new Kafka({ brokers: [env('KAFKA_BROKERS')], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();

  const ends = async (topic: string) =>
    new Map((await admin.fetchTopicOffsets(prefix + topic)).map(({ partition, high }) => [partition, Number(high)]));
  const size = async (topic: string) => [...(await ends(topic)).values()].reduce((sum, end) => sum + end, 0);

  return {
    prefix,
    transport,
    publisher,
    codec,
    admin,
    connect,
    size,
    async deleteTopic(topic: string): Promise<void> {
      // kafkajs then asks for the metadata of all topics, and fails if one of them is still being deleted.
      await admin.deleteTopics({ topics: [prefix + topic] }).catch(() => {});
      await eventually(async () => {
        if ((await admin.listTopics()).includes(prefix + topic)) throw new Error(`${topic} still exists`);
      });
    },
    createTopics: () => transport.createTopics(Object.values(eventDocument.channels), 1),
    orderEvent(type: OrderEventName, payload: { orderId: string; userId: string }) {
      const { orderId } = payload;
      return codec.encode({
        id: orderEventId(orderId, type),
        type,
        topic: `order-service.${type}`,
        key: orderId,
        payload,
        correlationId: 'test',
      });
    },
    /** Returns the lag of the groups that read order events under this id. */
    async lag(groupId: string): Promise<number> {
      let lag = 0;
      for (const topic of orderTopics) {
        const group = prefix + groupOfTopic(groupId, topic);
        const committed = (await admin.fetchOffsets({ groupId: group })).flatMap(({ partitions }) => partitions);
        // A partition without a committed offset is missing here.
        const read = new Map(committed.map(({ partition, offset }) => [partition, Number(offset)]));
        for (const [partition, end] of await ends(topic)) lag += end - (read.get(partition) ?? 0);
      }
      return lag;
    },
    /** Returns the messages of a topic once there are exactly `count`. */
    async read(topic: string, count: number): Promise<Received[]> {
      const found: Received[] = [];
      const reading = transport.consume({
        groupId: randomUUID(),
        topics: [topic],
        handle: async (message) => void found.push(message),
      });
      await eventually(() => {
        if (found.length !== count) throw new Error(`${found.length} messages in ${topic}, not ${count}`);
      });
      await reading.close();
      return found;
    },
    async close() {
      await admin.disconnect();
      await publisher.close();
      await Promise.all(transports.map((each) => each.close()));
    },
  };
}

export type Broker = Awaited<ReturnType<typeof startBroker>>;
