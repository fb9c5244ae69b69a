import { Gauge } from 'prom-client';
import type { Log } from '../log.ts';

const CHECK_EVERY_MS = 1_000;

const reading = new Gauge({
  name: 'kafka_topic_reading',
  help: 'Whether a topic is being read: 1 if it is, 0 if it is missing, forbidden or out of reach',
  labelNames: ['topic'],
});

/** Reports in the metric and the log whether the topic is being read, until ended. */
export function reportReading(topic: string, check: () => Promise<void>, log: Log): () => void {
  let wasRead: boolean | undefined;
  const report = async () => {
    const isRead = await check().then(
      () => true,
      () => false,
    );
    reading.set({ topic }, isRead ? 1 : 0);
    // Not at the start, because the first fetch is still to come.
    if (wasRead === true && !isRead)
      log.error({ topic }, 'the topic is not being read: it is missing, forbidden or out of reach; retrying');
    if (wasRead === false && isRead) log.info({ topic }, 'the topic is being read');
    wasRead = isRead;
  };
  void report();
  const timer = setInterval(() => void report(), CHECK_EVERY_MS).unref();
  return () => {
    clearInterval(timer);
    reading.remove({ topic });
  };
}
