/** Every operation refuses the wrong callers and hides internal errors from clients. */
import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { authApi } from '../../api/auth/app.ts';
import { serveApi, type ApiPorts } from '../../lib/http/api.ts';
import type { TokenVerifier } from '../../lib/http/tokens.ts';
import { restDocument } from '../../roles/contract.ts';
import { asService, asUser, trustingVerifier } from '../support/requests/callers.ts';
import { createContractClient, outcomeOf, type Answer } from '../support/requests/contract-client.ts';
import { validRequests } from '../support/requests/valid-requests.ts';
import { fakePasswords, startAuth } from '../support/shop/auth.ts';
import { serveQuietly } from '../support/shop/service.ts';

const FAULT = 'the secret of undefined';
const callers: Readonly<Record<string, Record<string, string>>> = {
  none: { 'x-user-id': 'me' },
  user: asUser('4f1c6b0e-8a53-4f0b-9f0e-3c1d5a7b9e21'),
  service: asService('worker'),
  'another role': asService('stranger'),
};

let reached: string[];
const handlers: ApiPorts['handlers'] = Object.fromEntries(
  validRequests.map(({ id }) => [
    id,
    async () => {
      reached.push(id);
      throw new TypeError(FAULT);
    },
  ]),
);
/** Auth accepts user tokens only. */
const trustingUsers: TokenVerifier = async (token) => {
  const caller = await trustingVerifier(token);
  return caller?.kind === 'user' ? caller : undefined;
};
const tags = [...new Set(validRequests.map(({ role }) => role))];
const service = await serveQuietly(
  'all',
  tags.map((tag) =>
    serveApi({ document: restDocument, tag, handlers, verify: tag === 'auth' ? trustingUsers : trustingVerifier }),
  ),
  { operations: false },
);
const ask = createContractClient(service.url);

beforeEach(() => {
  reached = [];
});
after(() => service.close());

/** Fails if the answer reveals the error. */
function safeOutcome(answer: Answer): string {
  assert.ok(!JSON.stringify(answer.body).includes(FAULT));
  return outcomeOf(answer);
}

/** All operations except forward-auth, which has a separate test below. */
const others = validRequests.filter(({ id }) => id !== 'forwardAuth');

for (const { id, role, method, path, headers, body, callers: meant } of others) {
  test(`${id} is for ${meant.map((kind) => `a ${kind}`).join(' and ') || 'everyone'}, and hides internal errors`, async () => {
    for (const [kind, identity] of Object.entries(callers)) {
      const isMeant = meant.length === 0 || meant.includes(kind);
      const refused = kind === 'none' || role === 'auth' ? '401 unauthenticated' : '403 forbidden';
      const answer = await ask(id, method, path, { headers: { ...headers, ...identity }, body });
      assert.deepEqual(
        [kind, safeOutcome(answer), reached.splice(0)],
        [kind, isMeant ? '500 internal-error' : refused, isMeant ? [id] : []],
      );
    }
  });
}

test('every operation refuses an unknown parameter', async () => {
  const refusals = await Promise.all(
    others.map(async ({ id, method, path, headers, body, callers: [meant = 'none'] }) => {
      const answer = await ask(id, method, `${path}?unknown=this`, {
        headers: { ...headers, ...callers[meant] },
        body,
      });
      return [id, safeOutcome(answer)];
    }),
  );
  assert.deepEqual(
    refusals,
    others.map(({ id }) => [id, '400 bad-request']),
  );
  assert.deepEqual(reached, []);
});

test('forward-auth hides an internal error of the session lookup', async () => {
  const auth = await startAuth({ passwords: fakePasswords });
  const broken = () => Promise.reject(new TypeError(FAULT));
  const faulty = await serveQuietly(
    'auth',
    authApi({ ...auth.options, store: { ...auth.options.store, sessionOwner: broken, countSessionWrite: broken } }),
  );
  for (const method of ['GET', 'POST']) {
    const headers = { cookie: `session_id=${'A'.repeat(43)}`, 'x-forwarded-method': method };
    assert.equal(
      safeOutcome(await createContractClient(faulty.url)('forwardAuth', 'GET', '/auth', { headers })),
      '500 internal-error',
    );
  }
  await faulty.close();
  await auth.close();
});
