/** The mail sender reads addresses from the users service. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { createProfiles } from '../../../api/notifications/profiles.ts';
import { createHttpClient } from '../../../lib/http/client.ts';
import { startFakeService } from '../../support/fakes/service.ts';

const ADDRESS = 'ada@example.org';

test('addresses are read with a service token, and only a definite answer counts as a missing profile', async () => {
  const far = await startFakeService();
  const users = createHttpClient({ baseUrl: far.url, deadlineMs: 60_000, token: () => 'token' });
  const profiles = createProfiles(users);
  const userId = randomUUID();
  const answer = (status: number, body: unknown) =>
    far.respondWith((response) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
    );

  answer(200, { userId, email: ADDRESS });
  assert.equal(await profiles.addressOf(userId, 'correlation'), ADDRESS);
  const [{ method, url, headers }] = far.seen as [(typeof far.seen)[number]];
  assert.deepEqual(
    [method, url, headers['authorization'], headers['x-correlation-id']],
    ['GET', `/users/${userId}`, 'Bearer token', 'correlation'],
  );

  for (const email of ['', null, undefined]) {
    answer(200, { userId, email });
    assert.equal(await profiles.addressOf(userId, 'correlation'), '');
  }
  answer(404, { type: '/problems/no-such-user' });
  assert.equal(await profiles.addressOf(userId, 'correlation'), undefined);

  for (const [status, body] of [
    [200, {}],
    [200, 'welcome'],
    [200, { userId: randomUUID(), email: ADDRESS }],
    [200, { userId, email: [ADDRESS] }],
    [404, { type: '/problems/not-found' }],
    [404, 'no JSON of ours'],
    [401, {}],
    [403, {}],
    [429, {}],
    [500, {}],
    [503, {}],
  ] as const) {
    answer(status, body);
    await assert.rejects(profiles.addressOf(userId, 'correlation'), new RegExp(`answered ${status}`));
  }
  far.respondWith(() => {});
  const impatient = createHttpClient({ baseUrl: far.url, deadlineMs: 300 });
  await assert.rejects(createProfiles(impatient).addressOf(userId, 'correlation'), /timeout/i);
  await Promise.all([far.close(), users.close(), impatient.close()]);
});
