/** The whole app refuses invalid credentials and access to another buyer's resources, without any effect. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import jwt, { type SignOptions } from 'jsonwebtoken';
import { createServiceTokens } from '../../lib/http/service-tokens.ts';
import { outcomeOf } from '../support/requests/contract-client.ts';
import { createBuyer } from '../support/shop/buyer.ts';
import { ada, anonymous, changingNothing, emptyList, eve, money, shop } from '../support/shop/two-buyers.ts';
import { env } from '../support/temporal/server.ts';

test('requests without valid credentials are refused', async () => {
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
    { authorization: `Bearer ${createServiceTokens('worker', env('WORKER_SERVICE_KEY'), 'billing')()}` },
    { cookie: `session_id=${'A'.repeat(43)}` },
    { cookie: loggedOut.cookie },
    { 'x-user-id': ada.id, 'x-forwarded-user': ada.id },
  ];
  await changingNothing(async () => {
    for (const headers of strangers) {
      const refusals = [
        await anonymous('createOrder', 'POST', '/orders', {
          headers: { ...headers, ...emptyList },
          body: { price: 5 },
        }),
        await anonymous('replenish', 'PUT', '/payments/replenishments', {
          headers: { ...headers, ...money() },
          body: { amount: 5, userId: ada.id },
        }),
        await anonymous('listOrders', 'GET', '/orders', { headers }),
      ];
      assert.deepEqual(refusals.map(outcomeOf), Array(3).fill('401 unauthenticated'), JSON.stringify(headers));
    }
  });
});

test('the unmodified token is accepted', async () => {
  assert.equal(
    (await anonymous('listOrders', 'GET', '/orders', { headers: { authorization: `Bearer ${await ada.token()}` } }))
      .status,
    200,
  );
});

test('impersonation headers do not change the caller', async () => {
  const impersonation = {
    'x-user-id': ada.id,
    'X-User-ID': ada.id,
    'x-forwarded-user': ada.id,
    'x-authenticated-user': ada.id,
  };
  const { body } = await eve.order(5, { ifMatch: 0, headers: impersonation });
  assert.deepEqual([body.userId, await eve.balance(), await ada.balance()], [eve.id, 95, 100]);
  assert.deepEqual((await ada.orders()).body, []);
});

test("another buyer's resources get the same refusals as missing ones and are not changed", async () => {
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
