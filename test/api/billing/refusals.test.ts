/** Requests that billing refuses without any effect. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { asUser } from '../../support/requests/callers.ts';
import { outcomeOf } from '../../support/requests/contract-client.ts';
import { startPayments, under, worker, type Payments } from '../../support/shop/payments.ts';

let payments: Payments;
const buyer = randomUUID();
/** Constant, because it is part of test titles. */
const key = '5f0f8a3e-0c1d-4b9e-8f1a-2d3c4b5a6978';
const money = { amount: 5 };

before(async () => {
  payments = await startPayments();
});

after(() => payments.close());

const moves: { what: string; headers?: Record<string, string>; body?: unknown; outcome: string }[] = [
  { what: 'without a key', headers: {}, outcome: '400 idempotency-key-missing' },
  ...['x', '""', key.slice(1), `"${key}`, `${key}, ${key}`, `{${key}}`].map((sent) => ({
    what: `under the key ${sent}`,
    headers: under(sent),
    outcome: '400 idempotency-key-malformed',
  })),
  ...[0, -5, 0.5, 9007199254740992, '5', null, undefined].map((amount) => ({
    what: `of ${JSON.stringify(amount)}`,
    body: { amount },
    outcome: '400 bad-request',
  })),
  ...['{"amount":5,"amount":6}', '{"amount":1e400}', '{"amount":9007199254740993}', '{', '[]', ''].map((body) => ({
    what: `of ${body}`,
    body,
    outcome: '400 bad-request',
  })),
  { what: 'with a kind', body: { amount: 5, kind: 'replenishment' }, outcome: '400 bad-request' },
  { what: "on another user's account", body: { amount: 5, userId: randomUUID() }, outcome: '403 not-your-account' },
  { what: 'on a malformed account id', body: { amount: 5, userId: 'me' }, outcome: '400 bad-request' },
  { what: 'by a service that names no account', headers: { ...under(key), ...worker }, outcome: '400 bad-request' },
  { what: 'without credentials', headers: { ...under(key), authorization: '' }, outcome: '401 unauthenticated' },
  {
    what: 'with an invalid token',
    headers: { ...under(key), authorization: 'Bearer x.y.z' },
    outcome: '401 unauthenticated',
  },
  { what: 'that is too large', body: { amount: 5, pad: 'x'.repeat(16 * 1024) }, outcome: '413 payload-too-large' },
  {
    what: 'as a form',
    headers: { ...under(key), 'content-type': 'application/x-www-form-urlencoded' },
    body: 'amount=5',
    outcome: '415 unsupported-media-type',
  },
];

for (const { what, headers = under(key), body = money, outcome } of moves) {
  test(`a deposit and a withdrawal ${what} are refused`, async () => {
    for (const move of [payments.replenish, payments.withdraw])
      assert.equal(outcomeOf(await move({ ...asUser(buyer), ...headers }, body)), outcome);
  });
}

test('buyers cannot use operations for services, nor services those for buyers', async () => {
  const cancellation = { userId: buyer, cause: 'buyer' };
  const refusals = [
    await payments.open(asUser(buyer), buyer),
    await payments.cancel(asUser(buyer), key, cancellation),
    await payments.ask('readBalance', 'GET', '/payments', { headers: worker }),
    await payments.ask('listTransactions', 'GET', '/payments/transactions', { headers: worker }),
  ];
  assert.deepEqual(refusals.map(outcomeOf), Array(4).fill('403 forbidden'));
  assert.deepEqual(
    [await payments.open({}, buyer), await payments.cancel({}, key, cancellation)].map(outcomeOf),
    Array(2).fill('401 unauthenticated'),
  );
});

test('invalid account openings and cancellations are refused', async () => {
  const cancel = (id: string, body: unknown) => payments.cancel(worker, id, body);
  const refusals = [
    await payments.open(worker, 'me'),
    await cancel('x', { userId: buyer, cause: 'buyer' }),
    await cancel(key, { userId: 'me', cause: 'buyer' }),
    await cancel(key, { userId: buyer, cause: 'anything' }),
    await cancel(key, { userId: buyer }),
    await cancel(key, { cause: 'buyer' }),
    await cancel(key, { userId: buyer, cause: 'buyer', amount: 5 }),
  ];
  assert.deepEqual(refusals.map(outcomeOf), Array(7).fill('400 bad-request'));
});

test('invalid pages and unknown methods are refused', async () => {
  for (const query of ['?limit=0', '?limit=101', '?limit=x', '?before=0', '?before=x', '?before=9007199254740992']) {
    assert.equal(outcomeOf(await payments.ledger(buyer, query)), '400 bad-request', query);
  }
  assert.equal(
    outcomeOf(await payments.ask(undefined, 'POST', '/payments/withdrawals', { headers: asUser(buyer) })),
    '405 method-not-allowed',
  );
});

test('none of the refused requests changed a table', async () => {
  for (const table of ['billing_accounts', 'transactions', 'outcomes'])
    assert.deepEqual(await payments.database.query(`select from ${table}`), []);
});
