import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rounds } from '../lib/rounds.ts';
import { eventually } from './support/eventually.ts';

test('a round that was cut short is followed by another one soon, and one that was not when the next is due', async () => {
  const stop = new AbortController();
  const told: unknown[] = [];
  let begun = 0;
  const ended = rounds(
    { signal: stop.signal, everyMs: 3_600_000, againMs: 1, onFailed: (error) => told.push(error) },
    async () => {
      begun++;
      if (begun < 3) throw new Error('away');
    },
  );
  await eventually(() => assert.equal(begun, 3));
  stop.abort();
  await ended;
  assert.deepEqual([begun, told], [3, [new Error('away'), new Error('away')]]);
});
