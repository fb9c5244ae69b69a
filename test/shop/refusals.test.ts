/** The whole app refuses invalid bodies and headers, without any effect. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outcomeOf, type Sent } from '../support/requests/contract-client.ts';
import { ada, changingNothing, emptyList, money } from '../support/shop/two-buyers.ts';

const bodies: { what: string; headers?: Record<string, string>; body: unknown; outcome: string }[] = [
  { what: 'that is not JSON', body: '{"price":', outcome: '400 bad-request' },
  { what: 'that is empty', body: '', outcome: '400 bad-request' },
  { what: 'that is a list', body: [], outcome: '400 bad-request' },
  { what: 'with text for a number', body: { price: '5', amount: '5' }, outcome: '400 bad-request' },
  { what: 'with a fraction', body: { price: 0.5, amount: 0.5 }, outcome: '400 bad-request' },
  {
    what: 'with a number that would be rounded',
    body: '{"price":9007199254740993,"amount":9007199254740993}',
    outcome: '400 bad-request',
  },
  {
    what: 'with an unknown property',
    body: { price: 5, amount: 5, isAdmin: true },
    outcome: '400 bad-request',
  },
  { what: 'with a prototype', body: '{"price":5,"amount":5,"__proto__":{"userId":"x"}}', outcome: '400 bad-request' },
  {
    what: 'that is too large',
    body: { price: 5, amount: 5, pad: 'x'.repeat(20_000) },
    outcome: '413 payload-too-large',
  },
  {
    what: 'of another type',
    headers: { 'content-type': 'text/plain' },
    body: '{"price":5,"amount":5}',
    outcome: '415 unsupported-media-type',
  },
  {
    what: 'as a form',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'price=5&amount=5',
    outcome: '415 unsupported-media-type',
  },
  {
    what: 'with an encoding',
    headers: { 'content-encoding': 'gzip' },
    body: '{"price":5,"amount":5}',
    outcome: '415 unsupported-media-type',
  },
];

for (const { what, headers = {}, body, outcome } of bodies) {
  test(`a body ${what} is refused as ${outcome} by each write`, () =>
    changingNothing(async () => {
      const sent = (own: Record<string, string>): Sent => ({ headers: { ...own, ...headers }, body });
      const refusals = [
        await ada.ask('createOrder', 'POST', '/orders', sent(emptyList)),
        await ada.ask('replenish', 'PUT', '/payments/replenishments', sent(money())),
        await ada.ask('withdraw', 'PUT', '/payments/withdrawals', sent(money())),
      ];
      assert.deepEqual(refusals.map(outcomeOf), Array(3).fill(outcome));
    }));
}

test('missing or malformed headers are refused', () =>
  changingNothing(async () => {
    const order = async (headers: Record<string, string>) =>
      outcomeOf(await ada.ask('createOrder', 'POST', '/orders', { headers, body: { price: 5 } }));
    const deposit = async (headers: Record<string, string>) =>
      outcomeOf(await ada.ask('replenish', 'PUT', '/payments/replenishments', { headers, body: { amount: 5 } }));
    assert.equal(await order({}), '428 precondition-missing');
    assert.equal(await order({ 'if-match': 'W/0' }), '400 bad-request');
    assert.equal(await order({ 'if-match': '2147483647' }), '400 bad-request');
    assert.equal(await order({ ...emptyList, 'idempotency-key': 'mine' }), '400 idempotency-key-malformed');
    assert.equal(await deposit({}), '400 idempotency-key-missing');
    assert.equal(await deposit({ 'idempotency-key': 'mine' }), '400 idempotency-key-malformed');
  }));
