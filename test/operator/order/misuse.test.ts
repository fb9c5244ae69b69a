/** `npm run order` refuses wrong arguments before it connects to anything. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { orderCommand } from '../../../operator/order/command.ts';

const orderId = randomUUID();
const misuses: ReadonlyArray<[string, string[], RegExp]> = [
  ['no order', [], /Give one order id/],
  ['no reason to cancel', ['cancel', orderId], /Give a reason with --reason/],
  ['no reason to retry', ['retry', orderId], /Give a reason with --reason/],
  ['no reason to restore', ['restore', orderId], /Give a reason with --reason/],
  ['a blank reason', ['cancel', orderId, '--reason', '  '], /Give a reason with --reason/],
  ['a reason without words', ['cancel', orderId, '--reason'], /argument missing/],
  ['a blank operator', ['cancel', orderId, '--reason', 'x', '--operator', ' '], /Give your name with --operator/],
  ['a missing id', ['cancel', '--reason', 'x'], /"" is not an order id/],
  ['an invalid id', ['retry', '12', '--reason', 'x'], /"12" is not an order id/],
  ['a second order', ['cancel', orderId, orderId, '--reason', 'x'], /Give one order id/],
  ['an unknown command', ['charge', orderId, '--reason', 'x'], /Give one order id/],
  ['an unknown option', ['cancel', orderId, '--force'], /Unknown option '--force'/],
  [
    'an option of another command',
    ['restore', orderId, '--reason', 'x', '--again'],
    /--again does not apply to this command/,
  ],
  ['a reason when only showing an order', [orderId, '--reason', 'x'], /--reason does not apply to this command/],
  ['--stuck with a reason', ['--stuck', '--reason', 'x'], /--reason does not apply to this command/],
  ['--stuck with an order id', ['--stuck', orderId], /--stuck does not apply to this command/],
  ['--longer-than without a number', ['--stuck', '--longer-than', 'long'], /--longer-than must be a whole number/],
];
for (const [what, words, complaint] of misuses) {
  test(`${what} is refused`, async () => {
    const { exitCode, text } = await orderCommand(words, {});
    assert.equal(exitCode, 2);
    assert.match(text, complaint);
    assert.match(text, /Usage: npm run order <order id>/);
  });
}

test('the program writes errors to stderr, never to stdout', async () => {
  const { code, out, complaint } = await new Promise<{ code: number; out: string; complaint: string }>((resolve) => {
    execFile(process.execPath, ['bin/order.ts', 'retry', orderId], { env: {} }, (error, out, complaint) =>
      resolve({ code: Number(error?.code), out, complaint }),
    );
  });
  assert.deepEqual([code, out], [2, '']);
  assert.match(complaint, /Give a reason[^]*Usage: npm run order <order id>/);
});
