/** What the app writes down while a buyer does everything that a buyer can do: nothing of it is personal, and nothing of it is a secret. */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { Client } from '@temporalio/client';
import { createAsk, outcomeOf, type Answer, type Ask } from './support/asking.ts';
import { eventually } from './support/eventually.ts';
import { freePort } from './support/free-port.ts';
import { mailsTo } from './support/inbox.ts';
import { cookieOf, form, post } from './support/requests.ts';
import { startShop, type Shop } from './support/shop.ts';
import { realTemporal } from './support/temporal.ts';

/** So that nothing is found by chance, nor by being part of something else. */
const mark = () => randomBytes(6).toString('hex');
const person = {
  username: `name-${mark()}`,
  firstName: `First${mark()}`,
  lastName: `Last${mark()}`,
  email: `mail-${mark()}@example.org`,
  phone: `+4420${Date.now()}`,
};
const passwords = { first: `first ${mark()}`, wrong: `wrong ${mark()}`, next: `next ${mark()}` };
const temporal = realTemporal();
const opsPort = await freePort();
const answers: Answer[] = [];
const secrets = new Set<string>([...Object.values(person), ...Object.values(passwords)]);
let shop: Shop;
let ask: Ask;

before(async () => {
  shop = await startShop({ env: { LOG_LEVEL: 'debug', GATEWAY_OPS_PORT: String(opsPort) } });
  const plain = createAsk(shop.url);
  ask = async (...asked) => {
    const answer = await plain(...asked);
    answers.push(answer);
    return answer;
  };
});
after(async () => {
  await shop.stop();
  await temporal.close();
});

test('nothing personal and no secret is in the log, in a metric, in the id of a workflow or in a refusal', async () => {
  const cookie = await becomeCustomer();
  const orders = await buy(cookie);
  await beRefused(cookie);
  await leave(cookie);

  const log = await shop.log();
  for (const operation of [
    'register',
    'login',
    'token',
    'changePassword',
    'createProfile',
    'createOrder',
    'replenish',
    'listSessions',
    'deleteProfile',
  ]) {
    assert.match(log, new RegExp(`"operation":"${operation}"`));
  }
  assert.deepEqual(found(log), [], 'in the log');
  const metrics = await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text();
  assert.match(metrics, /http_request_duration_seconds_count\{[^}]*operation="createOrder"/);
  assert.deepEqual(found(metrics), [], 'in the metrics');
  assert.deepEqual(
    found(JSON.stringify(answers.filter(({ status }) => status >= 400).map(({ body }) => body))),
    [],
    'in a refusal',
  );
  assert.deepEqual(
    found(await workflowsOf(orders, temporal.client)),
    [],
    'in what Temporal shows of a workflow without its payloads',
  );
});

/** The secrets that are in a text, in whatever form they may have been put there. */
const found = (text: string): string[] =>
  [...secrets].filter((secret) =>
    [
      secret,
      encodeURIComponent(secret),
      new URLSearchParams({ x: secret }).toString().slice(2),
      JSON.stringify(secret).slice(1, -1),
    ].some((each) => text.includes(each)),
  );

async function becomeCustomer(): Promise<string> {
  const credentials = { username: person.username, password: passwords.first };
  assert.equal(outcomeOf(await ask('register', 'POST', '/auth/register', { body: credentials })), '201');
  assert.equal(outcomeOf(await ask('register', 'POST', '/auth/register', { body: credentials })), '409 username-taken');
  assert.equal(
    outcomeOf(await ask('login', 'POST', '/auth/login', { body: { ...credentials, password: passwords.wrong } })),
    '403 wrong-credentials',
  );
  const cookie = cookieOf(await post(`${shop.url}/auth/login`, form(credentials)));
  secrets.add(cookie.replace('session_id=', ''));
  const token = (await ask('token', 'POST', '/auth/token', { body: credentials })).body.access_token as string;
  secrets.add(token).add(token.split('.')[2]!);

  assert.equal(
    outcomeOf(
      await ask('createProfile', 'POST', '/api/v1/user', {
        headers: { authorization: `Bearer ${token}` },
        body: person,
      }),
    ),
    '201',
  );
  assert.equal(
    outcomeOf(await ask('createProfile', 'POST', '/api/v1/user', { headers: { cookie }, body: person })),
    '409 profile-exists',
  );
  assert.equal(outcomeOf(await ask('listSessions', 'GET', '/auth/sessions', { headers: { cookie } })), '200');
  return cookie;
}

/** One order that is paid and mailed, and one that is not. */
async function buy(cookie: string): Promise<string[]> {
  const keyed = () => ({ cookie, 'idempotency-key': randomUUID() });
  await ask('replenish', 'PUT', '/payments/replenishments', { headers: keyed(), body: { amount: 50 } });
  const paid = await ask('createOrder', 'POST', '/orders', { headers: keyed(), body: { price: 50 } });
  const declined = await ask('createOrder', 'POST', '/orders', { headers: keyed(), body: { price: 50 } });
  assert.deepEqual([outcomeOf(paid), outcomeOf(declined)], ['201', '409 insufficient-funds']);
  await eventually(async () => assert.equal((await mailsTo(person.email)).length, 2));
  return [paid.body.id, declined.body.orderId];
}

/** Everything personal, wherever it does not belong. */
async function beRefused(cookie: string): Promise<void> {
  const headers = { cookie };
  const broken = JSON.stringify(person).slice(0, -1);
  const refusals = [
    ask('updateProfile', 'PUT', '/api/v1/user/x', { headers, body: { ...person, more: person.email } }),
    ask('createProfile', 'POST', '/api/v1/user', { headers, body: broken }),
    ask('createProfile', 'POST', '/api/v1/user', {
      headers,
      body: { ...person, email: person.phone, phone: person.email },
    }),
    ask('createOrder', 'POST', '/orders', {
      headers: { ...headers, 'idempotency-key': person.email },
      body: { price: person.email },
    }),
    ask('createOrder', 'POST', '/orders', {
      headers: { ...headers, 'if-match': person.email, 'x-correlation-id': person.email, 'x-user-id': person.username },
      body: { price: 1 },
    }),
    ask('login', 'POST', '/auth/login', {
      body: { username: person.email, password: passwords.next, more: person.phone },
    }),
    ask('login', 'POST', '/auth/login', { body: { username: person.email, password: passwords.next } }),
    ask('readBalance', 'GET', '/payments', {
      headers: { authorization: `Bearer ${[...secrets].at(-1)}.x.y`, cookie: `session_id=${passwords.wrong}` },
    }),
    fetch(`${shop.url}/users/${person.email}?email=${encodeURIComponent(person.email)}`, { headers }),
    fetch(`${shop.url}/${encodeURIComponent(person.phone)}`, {
      headers: { 'user-agent': person.email, referer: `https://${person.email}/` },
    }),
  ];
  for (const { status } of await Promise.all(refusals)) assert.ok(status >= 400 && status < 500, String(status));
}

async function leave(cookie: string): Promise<void> {
  const headers = { cookie };
  const change = (current: string) =>
    ask('changePassword', 'PUT', '/auth/password', { headers, body: { current, next: passwords.next } });
  assert.deepEqual(
    [outcomeOf(await change(passwords.wrong)), outcomeOf(await change(passwords.first))],
    ['403 wrong-credentials', '204'],
  );
  const { body: sessions } = await ask('listSessions', 'GET', '/auth/sessions', { headers });
  const { id } = (
    await ask('login', 'POST', '/auth/login', { body: { username: person.username, password: passwords.next } })
  ).body;
  assert.equal(outcomeOf(await ask('deleteProfile', 'DELETE', `/api/v1/user/${id}`, { headers })), '204');
  const orders = (await ask('listOrders', 'GET', '/orders', { headers })).body.map(
    ({ status }: { status: string }) => status,
  );
  const ledger = (await ask('listTransactions', 'GET', '/payments/transactions', { headers })).body.map(
    ({ amount }: { amount: number }) => amount,
  );
  assert.deepEqual(
    [orders, ledger],
    [
      ['FAILED', 'SUCCESS'],
      [-50, 50],
    ],
    'orders and ledger stay',
  );
  assert.equal(outcomeOf(await ask('endSession', 'DELETE', `/auth/sessions/${sessions[0].id}`, { headers })), '204');
  assert.equal(outcomeOf(await ask('logout', 'POST', '/auth/logout', { headers })), '200');
}

/** Ids, search attributes, memo and summaries: what is readable to whoever may look at the list of workflows. */
async function workflowsOf(orderIds: readonly string[], client: Client): Promise<string> {
  const shown = await Promise.all(
    orderIds.map(async (id) => {
      const { workflowId, type, memo, typedSearchAttributes, taskQueue, raw } = await client.workflow
        .getHandle(`order-${id}`)
        .describe();
      return {
        workflowId,
        type,
        memo,
        attributes: typedSearchAttributes.getAll(),
        taskQueue,
        config: JSON.stringify(raw.executionConfig),
      };
    }),
  );
  assert.equal(shown.length, 2);
  return JSON.stringify(shown, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}
