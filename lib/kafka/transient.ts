import { ConstantBackoff, handleWhen, retry } from 'cockatiel';
import type { KafkaJSError } from 'kafkajs';

const POLL_MS = 100;
const WITHIN_MS = 10_000;

/**
 * Retries a request of an admin client for up to 10 s while Kafka reports a fault that will pass. For example, a broker
 * lists a new topic before it leads the topic's partitions. kafkajs itself gives up at once on most of these faults.
 */
export const retryTransient = retry(
  handleWhen((error) => (error as Partial<KafkaJSError>).retriable === true),
  { maxAttempts: WITHIN_MS / POLL_MS, backoff: new ConstantBackoff(POLL_MS) },
);
