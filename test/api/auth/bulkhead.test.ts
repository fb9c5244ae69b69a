import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createBulkhead, type BulkheadOptions } from '../../../api/auth/bulkhead.ts';
import { Problem } from '../../../lib/http/problem.ts';

const ORIGIN = { address: '192.0.2.1', isKnown: false };

/** A bulkhead whose acts run until `end` is called, which ends the oldest running act. */
function held(options: BulkheadOptions) {
  const bulkhead = createBulkhead(options);
  const ends: (() => void)[] = [];
  const started: string[] = [];
  const refused: string[] = [];
  return {
    started,
    refused,
    send: (address: string, name = address, isKnown = false) =>
      void bulkhead({ address, isKnown }, async () => {
        started.push(name);
        await new Promise<void>((resolve) => ends.push(resolve));
      }).catch((error: unknown) => {
        assert.ok(error instanceof Problem && error.kind === 'unavailable' && error.headers['retry-after'] === '1');
        assert.equal(error.cause, undefined);
        refused.push(name);
      }),
    async end(count = 1) {
      for (let n = 0; n < count; n++) {
        ends.shift()!();
        await turn();
      }
    },
  };
}

test('calls of one address above the running limit wait in order, and those above the waiting limit are refused', async () => {
  const { send, end, started, refused } = held({ runningMax: 2, waitingMax: 3 });
  for (const n of [0, 1, 2, 3, 4, 5]) send('one', `${n}`);
  await turn();
  assert.deepEqual([started, refused], [['0', '1'], ['5']]);
  for (let n = 0; n < 5; n++) {
    assert.deepEqual(started, ['0', '1', '2', '3', '4'].slice(0, n + 2));
    await end();
  }
});

test('a failed call frees its slot', async () => {
  const bulkhead = createBulkhead({ runningMax: 1, waitingMax: 1 });
  const failing = bulkhead(ORIGIN, () => Promise.reject(new Error('no')));
  const next = bulkhead(ORIGIN, async () => 'next');
  await assert.rejects(failing, /no/);
  assert.equal(await next, 'next');
  assert.equal(await bulkhead(ORIGIN, async () => 'after it'), 'after it');
});

test('addresses take turns, so a call waits for one call of each other address', async () => {
  const { send, end, started } = held({ runningMax: 1, waitingMax: 100 });
  for (let n = 0; n < 20; n++) send('busy', `busy ${n}`);
  for (let n = 0; n < 3; n++) send('other', `other ${n}`);
  send('lone');
  await end(7);
  assert.deepEqual(started, ['busy 0', 'busy 1', 'other 0', 'lone', 'busy 2', 'other 1', 'busy 3', 'other 2']);
});

test('if too many wait, the newest call of the address with the most gives way to other addresses', async () => {
  const { send, end, started, refused } = held({ runningMax: 1, waitingMax: 4 });
  for (let n = 0; n < 5; n++) send('busy', `busy ${n}`);
  send('lone');
  send('pair');
  await turn();
  assert.deepEqual(refused, ['busy 4', 'busy 3']);
  // No address has more than two waiting calls now, so the next call is refused.
  for (const late of ['busy', 'pair']) send(late, `late ${late}`);
  await turn();
  assert.deepEqual(refused.slice(2), ['late busy', 'late pair']);
  await end(4);
  assert.deepEqual(started, ['busy 0', 'busy 1', 'lone', 'pair', 'busy 2']);
});

test('one address cannot use up all places, even if nobody else waits', async () => {
  const { send, refused } = held({ runningMax: 1, waitingMax: 10, waitingPerAddressMax: 2 });
  for (let n = 0; n < 5; n++) send('busy', `busy ${n}`);
  await turn();
  assert.deepEqual(refused, ['busy 3', 'busy 4']);
});

test('however many addresses strangers have, a known origin has a place and every second turn', async () => {
  const { send, end, started, refused } = held({ runningMax: 1, waitingMax: 5 });
  for (let n = 0; n < 10; n++) send(`stranger ${n}`);
  for (const name of ['home', 'office']) send(name, name, true);
  await turn();
  assert.deepEqual(refused, ['stranger 6', 'stranger 7', 'stranger 8', 'stranger 9']);
  await end(5);
  assert.deepEqual(started, ['stranger 0', 'home', 'stranger 1', 'office', 'stranger 2', 'stranger 3']);
});
