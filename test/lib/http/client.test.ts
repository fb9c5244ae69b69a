/** A refusal of this role's own token is counted and says nothing about the request. */
import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { register } from 'prom-client';
import { createPaymentByCall } from '../../../activities/payment/by-call.ts';
import { createProfiles } from '../../../api/notifications/profiles.ts';
import { createHttpClient } from '../../../lib/http/client.ts';
import { startFakeService } from '../../support/fakes/service.ts';

const service = await startFakeService();
const client = createHttpClient({ baseUrl: service.url, deadlineMs: 2_000, token: () => 'a.b.c' });
const anonymous = createHttpClient({ baseUrl: service.url, deadlineMs: 2_000 });
beforeEach(() =>
  service.respondWith((response) =>
    response.writeHead(401, { 'content-type': 'application/problem+json' }).end('{"type":"/problems/unauthenticated"}'),
  ),
);
after(async () => {
  await client.close();
  await anonymous.close();
  await service.close();
});

async function count(): Promise<number> {
  const { values } = await register.getSingleMetric('own_tokens_refused_total')!.get();
  return values.find(({ labels }) => labels['origin'] === service.url)?.value ?? 0;
}

test("a refusal of the role's own token is counted, a 401 without a token is not", async () => {
  const before = await count();
  assert.equal((await client({ method: 'GET', path: '/' })).status, 401);
  assert.equal(await count(), before + 1);
  assert.equal((await anonymous({ method: 'GET', path: '/' })).status, 401);
  assert.equal(await count(), before + 1);
});

test('neither a charge nor its cancellation nor a mail takes a refused token for an answer', async () => {
  const payment = createPaymentByCall(client);
  const order = { orderId: 'x', ownerId: 'y', price: 1, correlationId: 'z' };
  const { signal } = new AbortController();
  const retryable = { nonRetryable: false };
  await assert.rejects(payment.charge({ ...order, chargeKey: 'k' } as never, signal), retryable);
  await assert.rejects(payment.cancelCharge({ ...order, cause: 'deadline' } as never, signal), retryable);
  await assert.rejects(createProfiles(client).addressOf('y', 'z'), /401/);
});
