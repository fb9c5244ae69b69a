import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createSlowdown } from '../../../api/auth/slowdown.ts';
import { Problem } from '../../../lib/http/problem.ts';

const LONG_MS = 3_600_000;
const open = () => new AbortController().signal;

test('each login waits for the time', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const slowDown = createSlowdown({ waitMs: 4_000 });
  const ended: number[] = [];
  const waits = [0, 1].map((n) => slowDown(`address ${n}`, open()).then(() => ended.push(n)));
  t.mock.timers.tick(3_999);
  await turn();
  assert.deepEqual(ended, []);
  t.mock.timers.tick(1);
  await Promise.all(waits);
  assert.deepEqual(ended, [0, 1]);
});

test('when too many wait, the longest wait of the address with the most ends early, and nobody is refused', async () => {
  const slowDown = createSlowdown({ waitMs: LONG_MS, waitingMax: 4 });
  const ended: string[] = [];
  const controllers: AbortController[] = [];
  const enter = (address: string, name: string) => {
    const controller = new AbortController();
    controllers.push(controller);
    void slowDown(address, controller.signal).then(
      () => ended.push(name),
      () => {},
    );
  };
  enter('lone', 'lone');
  for (const name of ['1st', '2nd', '3rd']) enter('busy', name);
  enter('busy', '4th');
  enter('new', 'new');
  await turn();
  assert.deepEqual(ended, ['1st', '2nd']);
  for (const controller of controllers) controller.abort();
});

test('a login whose client disconnects stops waiting and is not checked', async () => {
  const slowDown = createSlowdown({ waitMs: LONG_MS, waitingMax: 1 });
  const client = new AbortController();
  const wait = slowDown('one', client.signal);
  client.abort();
  await assert.rejects(wait, (error) => error instanceof Problem && error.kind === 'unavailable');
  await assert.rejects(slowDown('gone', client.signal), Problem);
  // Both places are free again, so another wait ends none early.
  const next = new AbortController();
  let isOver = false;
  const last = slowDown('next', next.signal).finally(() => (isOver = true));
  await turn();
  assert.equal(isOver, false);
  next.abort();
  await assert.rejects(last, Problem);
});
