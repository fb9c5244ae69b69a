/** A consumer that hangs without an error is replaced. Consumers of kafkajs may hang like this. */
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { setInterval as every } from 'node:timers/promises';
import type { Consumer } from 'kafkajs';
import { consume } from '../../../lib/kafka/consumer.ts';
import { createLog } from '../../../lib/log.ts';
import { eventually } from '../../support/eventually.ts';

/** Sends heartbeats until `silent` is set. */
function createFake() {
  const events = new EventEmitter();
  const fake = { silent: false, left: false };
  const heartbeats = async () => {
    for await (const _tick of every(10)) {
      if (fake.left) return;
      if (!fake.silent) events.emit('heartbeat');
    }
  };
  const consumer = {
    events: { CRASH: 'crash', FETCH: 'fetch', HEARTBEAT: 'heartbeat' },
    on: (name: string, listener: () => void) => events.on(name, listener),
    connect: async () => {},
    subscribe: async () => {},
    run: async () => void heartbeats(),
    disconnect: async () => void (fake.left = true),
  };
  return Object.assign(fake, { consumer: consumer as unknown as Consumer });
}

test('a consumer without heartbeats is disconnected and replaced', async () => {
  const fakes: ReturnType<typeof createFake>[] = [];
  const createConsumer = () => fakes[fakes.push(createFake()) - 1]!.consumer;
  const consumption = consume(createConsumer, {
    topics: ['t'],
    handle: async () => {},
    log: createLog('silent'),
    silentMs: 2_000,
  });
  for (const count of [1, 2]) {
    await eventually(() => assert.equal(fakes.length, count));
    fakes.at(-1)!.silent = true;
  }
  await eventually(() => assert.deepEqual([fakes.length, fakes.map(({ left }) => left)], [3, [true, true, false]]));
  await consumption.close();
  assert.deepEqual([fakes.length, fakes.at(-1)!.left], [3, true]);
});
