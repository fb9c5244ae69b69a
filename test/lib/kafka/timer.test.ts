import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import '../../../lib/kafka/transport.ts';

interface Queue {
  pending: unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  scheduleCheckPendingRequests(): void;
}

const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as { prototype: Queue };

function queue(state: Partial<Queue>): Queue {
  return Object.assign(
    Object.create(prototype) as Queue,
    { pending: [], throttledUntil: -1, throttleCheckTimeoutId: null },
    state,
  );
}

for (const [why, state, timer] of [
  ['no request is pending and the broker does not throttle', {}, false],
  ['a request is pending', { pending: [{}] }, true],
  ['the broker throttles', { throttledUntil: Date.now() + 60_000 }, true],
] as const) {
  test(`the Kafka client ${timer ? 'sets a timer' : 'sets no timer'} when ${why}`, () => {
    const requests = queue(state as Partial<Queue>);
    requests.scheduleCheckPendingRequests();
    assert.equal(requests.throttleCheckTimeoutId !== null, timer);
    if (requests.throttleCheckTimeoutId) clearTimeout(requests.throttleCheckTimeoutId);
  });
}
