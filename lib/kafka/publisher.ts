import type { Kafka } from 'kafkajs';
import { Counter } from 'prom-client';
import type { Publisher } from './message.ts';
import { createTopicLane, type TopicLane } from './topic-lane.ts';

const failures = new Counter({
  name: 'kafka_publish_failures_total',
  help: 'Messages that could not be published; their publishers retry',
  labelNames: ['topic'],
});

/**
 * Publishes each topic through producers of its own. One metadata request of kafkajs names all topics that a
 * producer has sent to. So after the deletion of one topic, a producer for several topics would fail for all of them.
 */
export function createPublisher(kafka: Kafka, prefix: string): Publisher {
  const lanes = new Map<string, TopicLane>();
  const laneOf = (topic: string): TopicLane => {
    const lane = lanes.get(topic) ?? createTopicLane(kafka, prefix + topic);
    lanes.set(topic, lane);
    return lane;
  };
  return {
    async publish({ topic, ...message }) {
      try {
        await laneOf(topic).send(message);
      } catch (error) {
        failures.inc({ topic });
        throw new Error(`${topic} did not take the message: ${(error as Error).message}`, { cause: error });
      }
    },
    close: async () => void (await Promise.all([...lanes.values()].map((lane) => lane.close()))),
  };
}
