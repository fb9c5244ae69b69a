/** Bad input and bad company, as they meet the whole app: the right refusal, and nothing changed. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import jwt, { type SignOptions } from 'jsonwebtoken';
import { createServiceTokens } from '../lib/tokens.ts';
import { createAsk, outcomeOf, type Ask, type Sent } from './support/asking.ts';
import { createBuyer, type Buyer } from './support/buyer.ts';
import { startShop, type Shop } from './support/shop.ts';
import { env } from './support/temporal.ts';

let shop: Shop;
let ada: Buyer;
let eve: Buyer;
let anybody: Ask;

before(async () => {
  shop = await startShop();
  anybody = createAsk(shop.url);
  [ada, eve] = await Promise.all([createBuyer(shop.url, { balance: 100 }), createBuyer(shop.url, { balance: 100 })]);
});

after(() => shop?.stop());

/** Everything that the databases hold of the two buyers' money and orders. */
async function books(): Promise<unknown[]> {
  const of = (service: 'orders' | 'billing', table: string) =>
    shop.databases[service].query(`select * from ${table} where owner_id = any($1) order by owner_id, 2`, [
      [ada.id, eve.id],
    ]);
  return Promise.all([
    of('orders', 'orders'),
    of('billing', 'billing_accounts'),
    of('billing', 'transactions'),
    of('billing', 'outcomes'),
  ]);
}

/** Does something that must change nothing. */
async function changingNothing(act: () => Promise<void>): Promise<void> {
  const before = await books();
  await act();
  assert.deepEqual(await books(), before);
}

const money = () => ({ 'idempotency-key': randomUUID() });
const atZero = { 'if-match': '0' };

const bodies: { what: string; headers?: Record<string, string>; body: unknown; outcome: string }[] = [
  { what: 'that is no JSON', body: '{"price":', outcome: '400 bad-request' },
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
    what: 'with a property that nobody knows',
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
    what: 'in a packing',
    headers: { 'content-encoding': 'gzip' },
    body: '{"price":5,"amount":5}',
    outcome: '415 unsupported-media-type',
  },
];

for (const { what, headers = {}, body, outcome } of bodies) {
  test(`a body ${what} is refused as ${outcome}, whatever it was for`, () =>
    changingNothing(async () => {
      const sent = (own: Record<string, string>): Sent => ({ headers: { ...own, ...headers }, body });
      const refusals = [
        await ada.ask('createOrder', 'POST', '/orders', sent(atZero)),
        await ada.ask('replenish', 'PUT', '/payments/replenishments', sent(money())),
        await ada.ask('withdraw', 'PUT', '/payments/withdrawals', sent(money())),
      ];
      assert.deepEqual(refusals.map(outcomeOf), Array(3).fill(outcome));
    }));
}

test('headers that are missing or malformed are refused', () =>
  changingNothing(async () => {
    const order = async (headers: Record<string, string>) =>
      outcomeOf(await ada.ask('createOrder', 'POST', '/orders', { headers, body: { price: 5 } }));
    const deposit = async (headers: Record<string, string>) =>
      outcomeOf(await ada.ask('replenish', 'PUT', '/payments/replenishments', { headers, body: { amount: 5 } }));
    assert.equal(await order({}), '428 precondition-missing');
    assert.equal(await order({ 'if-match': 'W/"0"' }), '400 bad-request');
    assert.equal(await order({ 'if-match': '2147483647' }), '400 bad-request');
    assert.equal(await order({ ...atZero, 'idempotency-key': 'mine' }), '400 idempotency-key-malformed');
    assert.equal(await deposit({}), '400 idempotency-key-missing');
    assert.equal(await deposit({ 'idempotency-key': 'mine' }), '400 idempotency-key-malformed');
  }));

test('who is nobody, or proves nothing, does nothing', async () => {
  const [key] = await shop.databases.auth.query<{ kid: string; private_key: string }>(
    'select kid, private_key from signing_keys',
  );
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const claims: SignOptions = {
    algorithm: 'ES256',
    keyid: key!.kid,
    issuer: 'order-saga/auth',
    audience: 'order-saga',
    subject: ada.id,
    jwtid: 'x',
    expiresIn: 60,
  };
  const [head, , signature] = (await ada.token()).split('.');
  const [, foreignPayload] = (await eve.token()).split('.');
  const loggedOut = await createBuyer(shop.url);
  await loggedOut.ask('logout', 'POST', '/auth/logout');
  const strangers: Record<string, string>[] = [
    {},
    { authorization: 'Bearer nonsense' },
    { authorization: `Basic ${Buffer.from(`${ada.username}:x`).toString('base64')}` },
    { authorization: `Bearer ${jwt.sign({}, privateKey, claims)}` },
    { authorization: `Bearer ${jwt.sign({}, key!.private_key, { ...claims, expiresIn: -60 })}` },
    { authorization: `Bearer ${jwt.sign({}, key!.private_key, { ...claims, audience: 'another' })}` },
    { authorization: `Bearer ${jwt.sign({ sub: ada.id }, '', { algorithm: 'none' })}` },
    { authorization: `Bearer ${head}.${foreignPayload}.${signature}` },
    { authorization: `Bearer ${createServiceTokens('worker', env('WORKER_SERVICE_KEY'))()}` },
    { cookie: `session_id=${'A'.repeat(43)}` },
    { cookie: loggedOut.cookie },
    { 'x-user-id': ada.id, 'x-forwarded-user': ada.id },
  ];
  await changingNothing(async () => {
    for (const headers of strangers) {
      const refusals = [
        await anybody('createOrder', 'POST', '/orders', { headers: { ...headers, ...atZero }, body: { price: 5 } }),
        await anybody('replenish', 'PUT', '/payments/replenishments', {
          headers: { ...headers, ...money() },
          body: { amount: 5, userId: ada.id },
        }),
        await anybody('listOrders', 'GET', '/orders', { headers }),
      ];
      assert.deepEqual(refusals.map(outcomeOf), Array(3).fill('401 unauthenticated'), JSON.stringify(headers));
    }
  });
});

test('the token of such a session would have been taken', async () => {
  assert.equal(
    (await anybody('listOrders', 'GET', '/orders', { headers: { authorization: `Bearer ${await ada.token()}` } }))
      .status,
    200,
  );
});

test('whoever says that they are somebody else stays who they are', async () => {
  const posing = {
    'x-user-id': ada.id,
    'X-User-ID': ada.id,
    'x-forwarded-user': ada.id,
    'x-authenticated-user': ada.id,
  };
  const { body } = await eve.order(5, { ifMatch: 0, headers: posing });
  assert.deepEqual([body.userId, await eve.balance(), await ada.balance()], [eve.id, 95, 100]);
  assert.deepEqual((await ada.orders()).body, []);
});

test("another buyer's things and things that do not exist are answered alike, and not touched", async () => {
  const { body: order } = await ada.order(5, { ifMatch: 0 });
  await changingNothing(async () => {
    for (const path of [`/orders/${order.id}`, `/orders/${randomUUID()}`, '/orders/1']) {
      const { body } = await eve.ask('readOrder', 'GET', path);
      const { correlationId: _, instance: __, ...rest } = body;
      assert.deepEqual(rest, {
        type: '/problems/no-such-order',
        title: body.title,
        status: 404,
        detail: 'You have no order with this id',
      });
    }
    for (const id of [ada.id, randomUUID()]) {
      assert.equal(outcomeOf(await eve.ask('readProfile', 'GET', `/api/v1/user/${id}`)), '403 forbidden');
      assert.equal(outcomeOf(await eve.ask('deleteProfile', 'DELETE', `/api/v1/user/${id}`)), '404 no-such-user');
    }
    const others = { userId: ada.id };
    assert.equal(
      outcomeOf(
        await eve.ask('createOrder', 'POST', '/orders', {
          headers: { 'if-match': '1' },
          body: { price: 5, ...others },
        }),
      ),
      '403 not-your-account',
    );
    assert.equal(
      outcomeOf(
        await eve.ask('withdraw', 'PUT', '/payments/withdrawals', { headers: money(), body: { amount: 5, ...others } }),
      ),
      '403 not-your-account',
    );
    assert.equal(
      outcomeOf(await eve.ask('listNotifications', 'GET', `/notifications?userId=${ada.id}`)),
      '403 not-your-account',
    );
    assert.equal(outcomeOf(await eve.ask('openAccount', 'PUT', `/payments/accounts/${randomUUID()}`)), '403 forbidden');
    const cancellation = { userId: ada.id, cause: 'buyer' };
    assert.equal(
      outcomeOf(
        await eve.ask('cancelWithdrawal', 'PUT', `/payments/withdrawals/${randomUUID()}/cancellation`, {
          body: cancellation,
        }),
      ),
      '403 forbidden',
    );
  });
});
