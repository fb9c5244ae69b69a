import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before } from 'node:test';
import { eventually } from '../eventually.ts';
import { freePort } from '../free-port.ts';
import { createContractClient, outcomeOf, type Answer, type ContractClient } from '../requests/contract-client.ts';
import { cookieOf, form, post } from '../requests/requests.ts';
import { mailsTo } from './inbox.ts';
import { startShop, type Shop } from './shop.ts';

/** Random, so that no text contains it by chance. */
const mark = () => randomBytes(6).toString('hex');
const person = {
  username: `name-${mark()}`,
  firstName: `First${mark()}`,
  lastName: `Last${mark()}`,
  email: `mail-${mark()}@example.org`,
  phone: `+4420${Date.now()}`,
};
const passwords = { first: `first ${mark()}`, wrong: `wrong ${mark()}`, next: `next ${mark()}` };
export const opsPort = await freePort();
export const answers: Answer[] = [];
/** Everything that must not appear in logs, metrics, refusals and readable fields of workflows. */
export const secrets = new Set<string>([...Object.values(person), ...Object.values(passwords)]);
export let shop: Shop;
let ask: ContractClient;

before(async () => {
  shop = await startShop({ env: { LOG_LEVEL: 'debug', GATEWAY_OPS_PORT: String(opsPort) } });
  const plain = createContractClient(shop.url);
  ask = async (...request) => {
    const answer = await plain(...request);
    answers.push(answer);
    return answer;
  };
});
after(async () => {
  await shop.stop();
});

/** Returns the session cookie. */
export async function becomeCustomer(): Promise<string> {
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

/** Places a paid and a declined order and waits for both mails. Returns the order ids. */
export async function buy(cookie: string): Promise<string[]> {
  const keyed = () => ({ cookie, 'idempotency-key': randomUUID() });
  await ask('replenish', 'PUT', '/payments/replenishments', { headers: keyed(), body: { amount: 50 } });
  const paid = await ask('createOrder', 'POST', '/orders', { headers: keyed(), body: { price: 50 } });
  const declined = await ask('createOrder', 'POST', '/orders', { headers: keyed(), body: { price: 50 } });
  assert.deepEqual([outcomeOf(paid), outcomeOf(declined)], ['201', '409 insufficient-funds']);
  await eventually(async () => assert.equal((await mailsTo(person.email)).length, 2));
  return [paid.body.id, declined.body.orderId];
}

/** Sends personal data and secrets in requests that are refused. */
export async function beRefused(cookie: string): Promise<void> {
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
    ...[person.username, person.phone, person.lastName, cookie.replace('session_id=', '')].flatMap((secret) => [
      // Such words can look like ids in a path, and logs repeat each of these headers if it is valid.
      fetch(`${shop.url}/orders/${secret}`, {
        headers: { ...headers, 'x-correlation-id': secret, traceparent: secret, 'last-event-id': secret },
      }),
      fetch(`${shop.url}/api/v1/user/${secret}?x=${secret}`, { headers: { ...headers, prefer: secret } }),
      fetch(`${shop.url}/orders/${secret}/cancellation`, { method: 'PUT', headers }),
      fetch(`${shop.url}/orders/${secret}`, { method: 'DELETE', headers }),
      fetch(`${shop.url}/${secret}`, { method: 'POST', headers: { ...headers, 'content-type': secret } }),
      fetch(`${shop.url}/docs/${secret}`),
      fetch(`${shop.url}/${secret.repeat(200)}`, { headers: { 'x-correlation-id': secret } }),
    ]),
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

/** Changes the password, deletes the profile and logs out. */
export async function leave(cookie: string): Promise<void> {
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
    'orders and ledger remain',
  );
  assert.equal(outcomeOf(await ask('endSession', 'DELETE', `/auth/sessions/${sessions[0].id}`, { headers })), '204');
  assert.equal(outcomeOf(await ask('logout', 'POST', '/auth/logout', { headers })), '200');
}
