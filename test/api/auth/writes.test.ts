/** The write limit of a user, through two gateways and two replicas of auth, with a real Postgres. */
import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { createLimits } from '../../../api/auth/limits.ts';
import { startFakeService } from '../../support/fakes/service.ts';
import { createContractClient, outcomeOf } from '../../support/requests/contract-client.ts';
import { LIMITS, fakePasswords, startAuth, users } from '../../support/shop/auth.ts';
import { startGateway } from '../../support/shop/gateway.ts';

const BURST = 5;
/** The refill is so slow that no user gets another write while a test runs. */
const auth = await startAuth({ passwords: fakePasswords, limits: { writesBurst: BURST, writesPerSecond: 1e-4 } });
const service = await startFakeService();
const rest = { users: service.url, orders: service.url, billing: service.url, notifications: service.url };
const gateways = [
  await startGateway({ ...rest, auth: auth.url }),
  await startGateway({ ...rest, auth: (await auth.replica()).url }),
];
const [ask, askOther] = gateways.map(({ url }) => createContractClient(url)) as [
  ReturnType<typeof createContractClient>,
  ReturnType<typeof createContractClient>,
];
const { login } = users(gateways[0]!.url);

beforeEach(() => service.respondWith((response) => response.writeHead(204).end()));
after(async () => {
  for (const gateway of gateways) await gateway.close();
  await service.close();
  await auth.close();
});

/** Sends `count` concurrent writes. Returns how many passed; the others must reach no service. */
async function allowed(headers: Record<string, string>, count: number): Promise<number> {
  service.seen.length = 0;
  const answers = await Promise.all(
    Array.from({ length: count }, (_, n) =>
      (n % 2 ? askOther : ask)('deleteProfile', 'DELETE', '/api/v1/user/x', { headers }),
    ),
  );
  const passed = answers.filter(({ status }) => status === 204).length;
  const refused = answers.filter(
    (answer) => outcomeOf(answer) === '429 too-many-requests' && answer.headers.get('retry-after') === '1',
  ).length;
  assert.deepEqual([passed + refused, service.seen.length], [count, passed]);
  return passed;
}

test('of many concurrent writes at two replicas exactly a burst passes', async () => {
  const { cookie } = await login();
  assert.deepEqual([await allowed({ cookie }, 20), await allowed({ cookie }, 2)], [BURST, 0]);
});

test('sessions and tokens of one user share one limit, and another user has a separate one', async () => {
  const { cookie, credentials } = await login();
  const token = (await ask('token', 'POST', '/auth/token', { body: credentials })).body.access_token as string;
  const another = await login();
  const counts = [
    await allowed({ cookie }, 3),
    await allowed({ authorization: `Bearer ${token}` }, 3),
    await allowed({ cookie }, 1),
    await allowed({ cookie: another.cookie }, 3),
  ];
  assert.deepEqual(counts, [3, 2, 0, 3]);
});

test('writes to sessions count, even if they are refused later', async () => {
  const { cookie } = await login();
  const path = `/auth/sessions/${crypto.randomUUID()}`;
  for (let n = 0; n < BURST; n++)
    assert.equal(outcomeOf(await ask('endSession', 'DELETE', path, { headers: { cookie } })), '404 no-such-session');
  assert.equal(
    outcomeOf(await askOther('endSession', 'DELETE', path, { headers: { cookie } })),
    '429 too-many-requests',
  );
  assert.equal(
    outcomeOf(await askOther('endSessions', 'DELETE', '/auth/sessions', { headers: { cookie } })),
    '429 too-many-requests',
  );
  assert.equal(outcomeOf(await ask('logout', 'POST', '/auth/logout', { headers: { cookie } })), '200');
});

test('each interval allows one more write, up to a burst', async () => {
  const { cookie, id } = await login();
  const pass = (intervals: number) =>
    auth.rows.query(
      `update write_allowances set whole_at = whole_at - $2 * interval '10000 seconds' where user_id = $1`,
      [id, intervals],
    );
  assert.equal(await allowed({ cookie }, BURST + 3), BURST);
  await pass(2);
  assert.equal(await allowed({ cookie }, BURST), 2);
  await pass(1_000);
  assert.equal(await allowed({ cookie }, BURST + 3), BURST);
});

test('the default is a burst of 100 and then 20 writes per second', async () => {
  const { id } = await login();
  const limits = createLimits(auth.options.store, LIMITS);
  const count = () =>
    limits.countWrite(id).then(
      () => 1,
      () => 0,
    );
  const startedMs = performance.now();
  const passedOf = async (total: number) =>
    (await Promise.all(Array.from({ length: total }, count))).reduce<number>((sum, one) => sum + one, 0);
  const burst = await passedOf(130);
  await auth.rows.query(`update write_allowances set whole_at = whole_at - interval '1 second' where user_id = $1`, [
    id,
  ]);
  const later = await passedOf(40);
  const seconds = (performance.now() - startedMs) / 1000;
  assert.ok(
    burst >= 100 && later >= 20 && burst + later <= 121 + 20 * seconds,
    `${burst} and ${later} in ${seconds} s`,
  );
});

test('reads do not count, and no client header makes a write a read', async () => {
  service.respondWith();
  const { cookie } = await login();
  for (let n = 0; n < BURST + 2; n++)
    assert.equal(
      (await ask('listNotifications', 'GET', '/notifications', { headers: { cookie, 'x-forwarded-method': 'POST' } }))
        .status,
      200,
    );
  for (let n = 0; n < BURST + 2; n++)
    assert.equal(
      (await ask('forwardAuth', 'GET', '/auth', { headers: { cookie, 'x-forwarded-method': 'POST' } })).status,
      200,
    );
  service.respondWith((response) => response.writeHead(204).end());
  const disguised = { cookie, 'x-forwarded-method': 'GET', 'x-http-method-override': 'GET' };
  assert.equal(await allowed(disguised, BURST + 3), BURST);
});

test('an expired session is refused and counts for no user', async () => {
  const { cookie, id } = await login();
  await auth.rows.query('update sessions set expires_at = now() where user_id = $1', [id]);
  assert.equal(
    outcomeOf(await ask('deleteProfile', 'DELETE', '/api/v1/user/x', { headers: { cookie } })),
    '401 unauthenticated',
  );
  assert.equal((await auth.rows.query('select 1 from write_allowances where user_id = $1', [id])).rowCount, 0);
});

test('writes checked through forward-auth, by session or by token, count toward the same limit', async () => {
  const { cookie, credentials } = await login();
  const token = (await ask('token', 'POST', '/auth/token', { body: credentials })).body.access_token as string;
  const forward = (headers: Record<string, string>, method: string) =>
    createContractClient(auth.url)('forwardAuth', 'GET', '/auth', {
      headers: { ...headers, 'x-forwarded-method': method },
    });
  assert.equal(await allowed({ cookie }, BURST - 1), BURST - 1);
  assert.equal(outcomeOf(await forward({ cookie }, 'PUT')), '200');
  for (const headers of [{ cookie }, { authorization: `Bearer ${token}` }]) {
    const refused = await forward(headers, 'DELETE');
    assert.deepEqual([outcomeOf(refused), refused.headers.get('retry-after')], ['429 too-many-requests', '1']);
    assert.equal(outcomeOf(await forward(headers, 'GET')), '200');
  }
  assert.equal(await allowed({ cookie }, 1), 0);
});
