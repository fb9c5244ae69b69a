import { createRequire } from 'node:module';

interface RequestQueue {
  pending: unknown[];
  throttledUntil: number;
}

type Schedule = (this: RequestQueue) => void;

/**
 * kafkajs 2.2.4 sets a timer every millisecond per broker connection. That costs a few percent of a core, and a Node
 * warning when the delay is negative. This patch sets the timer only while requests wait or the broker throttles;
 * otherwise each response triggers the queue check.
 */
const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as {
  prototype: { scheduleCheckPendingRequests: Schedule };
};
const schedule = prototype.scheduleCheckPendingRequests;
prototype.scheduleCheckPendingRequests = function scheduleWhenNeeded() {
  if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
};
