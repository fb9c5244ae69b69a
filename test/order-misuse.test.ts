/** What the command on orders refuses, before it has connected to anything. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { orderCommand } from '../bin/operator/order-command.ts';

const anId = randomUUID();
const misuses: ReadonlyArray<[string, string[], RegExp]> = [
  ['no order', [], /Say which order/],
  ['no reason to cancel', ['cancel', anId], /Say why, with --reason/],
  ['no reason to retry', ['retry', anId], /Say why, with --reason/],
  ['no reason to restore', ['restore', anId], /Say why, with --reason/],
  ['a blank reason', ['cancel', anId, '--reason', '  '], /Say why, with --reason/],
  ['a reason without words', ['cancel', anId, '--reason'], /argument missing/],
  ['a blank operator', ['cancel', anId, '--reason', 'x', '--operator', ' '], /Say who you are/],
  ['no id', ['cancel', '--reason', 'x'], /"" is not an order id/],
  ['an id that is none', ['retry', '12', '--reason', 'x'], /"12" is not an order id/],
  ['another order', ['cancel', anId, anId, '--reason', 'x'], /Say which order/],
  ['an act that there is not', ['charge', anId, '--reason', 'x'], /Say which order/],
  ['an option that there is not', ['cancel', anId, '--force'], /Unknown option '--force'/],
  ['an option of another act', ['restore', anId, '--reason', 'x', '--again'], /--again means nothing here/],
  ['a reason to look', [anId, '--reason', 'x'], /--reason means nothing here/],
  ['stuck ones and a reason', ['--stuck', '--reason', 'x'], /--reason means nothing here/],
  ['stuck ones of one order', ['--stuck', anId], /--stuck means nothing here/],
  ['stuck for no number', ['--stuck', '--longer-than', 'long'], /--longer-than must be a whole number/],
];
for (const [what, words, complaint] of misuses) {
  test(`${what} is refused`, async () => {
    // Told before anything is connected: there is nothing to connect to.
    const { exitCode, text } = await orderCommand(words, {});
    assert.equal(exitCode, 2);
    assert.match(text, complaint);
    assert.match(text, /Usage: npm run order <order id>/);
  });
}

test('the program says what goes wrong where it does not mix with what was asked for', async () => {
  const { code, out, complaint } = await new Promise<{ code: number; out: string; complaint: string }>((resolve) => {
    execFile(process.execPath, ['bin/order.ts', 'retry', anId], { env: {} }, (error, out, complaint) =>
      resolve({ code: Number(error?.code), out, complaint }),
    );
  });
  assert.deepEqual([code, out], [2, '']);
  assert.match(complaint, /Say why[^]*Usage: npm run order <order id>/);
});
