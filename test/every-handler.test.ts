/** What a service answers to every operation that the contract has, whatever it does: who is not meant, and that a fault of ours is told to nobody. */
import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { authApi } from '../api/auth/app.ts';
import { restDocument } from '../bin/role.ts';
import { serveApi, type Handler } from '../lib/api.ts';
import type { TokenVerifier } from '../lib/tokens.ts';
import { createAsk, outcomeOf, type Answer } from './support/asking.ts';
import { quickPasswords, startAuth } from './support/auth.ts';
import { asService, asUser, trustingVerifier } from './support/callers.ts';
import { serveQuietly } from './support/service.ts';
import { soundRequests } from './support/sound-requests.ts';

const FAULT = 'the secret of undefined';
const callers: Readonly<Record<string, Record<string, string>>> = {
  nobody: { 'x-user-id': 'me' },
  user: asUser('4f1c6b0e-8a53-4f0b-9f0e-3c1d5a7b9e21'),
  service: asService('worker'),
};

let reached: string[];
/** They all have the same fault. */
const handlers: Record<string, Handler> = Object.fromEntries(
  soundRequests.map(({ id }) => [
    id,
    async () => {
      reached.push(id);
      throw new TypeError(FAULT);
    },
  ]),
);
/** Auth has no key of any role. */
const trustingUsers: TokenVerifier = async (token) => {
  const caller = await trustingVerifier(token);
  return caller?.kind === 'user' ? caller : undefined;
};
const tags = [...new Set(soundRequests.map(({ role }) => role))];
const service = await serveQuietly(
  'all',
  tags.map((tag) =>
    serveApi({ document: restDocument, tag, handlers, verify: tag === 'auth' ? trustingUsers : trustingVerifier }),
  ),
  { operations: false },
);
const ask = createAsk(service.url);

beforeEach(() => {
  reached = [];
});
after(() => service.close());

/** The refusal as a client sees it, which never has anything of the fault. */
function told(answer: Answer): string {
  assert.ok(!JSON.stringify(answer.body).includes(FAULT));
  return outcomeOf(answer);
}

/** All but what stands before them, and has a test of its own. */
const others = soundRequests.filter(({ id }) => id !== 'forwardAuth');

for (const { id, role, method, path, headers, body, callers: meant } of others) {
  test(`${id} is for ${meant.map((kind) => `a ${kind}`).join(' and ') || 'anybody'}, and a fault in it is told to nobody`, async () => {
    for (const [kind, identity] of Object.entries(callers)) {
      const isMeant = meant.length === 0 || meant.includes(kind);
      const refused = kind === 'nobody' || role === 'auth' ? '401 unauthenticated' : '403 forbidden';
      const answer = await ask(id, method, path, { headers: { ...headers, ...identity }, body });
      assert.deepEqual(
        [kind, told(answer), reached.splice(0)],
        [kind, isMeant ? '500 internal-error' : refused, isMeant ? [id] : []],
      );
    }
  });
}

test('a parameter that nobody knows is refused, whatever it is sent to', async () => {
  const refusals = await Promise.all(
    others.map(async ({ id, method, path, headers, body, callers: [meant = 'nobody'] }) => {
      const answer = await ask(id, method, `${path}?nobodyKnows=this`, {
        headers: { ...headers, ...callers[meant] },
        body,
      });
      return [id, told(answer)];
    }),
  );
  assert.deepEqual(
    refusals,
    others.map(({ id }) => [id, '400 bad-request']),
  );
  assert.deepEqual(reached, []);
});

test('a fault where sessions are looked up is told to nobody', async () => {
  const auth = await startAuth({ passwords: quickPasswords });
  const broken = () => Promise.reject(new TypeError(FAULT));
  const faulty = await serveQuietly(
    'auth',
    authApi({ ...auth.options, store: { ...auth.options.store, sessionOwner: broken, sessionWriter: broken } }),
  );
  for (const asked of ['GET', 'POST']) {
    const headers = { cookie: `session_id=${'A'.repeat(43)}`, 'x-forwarded-method': asked };
    assert.equal(told(await createAsk(faulty.url)('forwardAuth', 'GET', '/auth', { headers })), '500 internal-error');
  }
  await faulty.close();
  await auth.close();
});
