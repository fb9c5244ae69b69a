import { createRequire } from 'node:module';

interface RequestQueue {
  pending: unknown[];
  throttledUntil: number;
}

type Schedule = (this: RequestQueue) => void;

/**
 * kafkajs 2.2.4 sets a timer for each connection to a broker every millisecond, for ever, which costs some percent of a core each
 * and, with a negative delay, a warning of Node's. Where this is imported, it does so only while requests wait or the broker throttles: in all
 * other cases the queue is looked at when an answer arrives.
 */
const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as {
  prototype: { scheduleCheckPendingRequests: Schedule };
};
const schedule = prototype.scheduleCheckPendingRequests;
prototype.scheduleCheckPendingRequests = function scheduleWhenNeeded() {
  if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
};
