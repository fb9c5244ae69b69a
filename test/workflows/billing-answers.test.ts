import assert from 'node:assert/strict';
import { test } from 'node:test';
import { register } from 'prom-client';
import { orderWorkflowId } from '../../specs/temporal.ts';
import type { EarlyAnswer } from '../support/fakes/billing.ts';
import { createWorld, type World } from '../support/fakes/world.ts';
import { awaitOutcome, withWorker } from '../support/temporal/server.ts';
import { temporal } from '../support/temporal/workflows.ts';

const runOrder = (world: World) =>
  withWorker(world.activities, async (taskQueue) => {
    const { status, reason } = await awaitOutcome(temporal.client, taskQueue, world);
    await temporal.client.workflow.getHandle(orderWorkflowId(world.orderId)).result();
    return { status, reason };
  });

const refusal = (status: number, kind: string, members: object = {}) => ({
  status,
  body: { type: `/problems/${kind}`, ...members },
});

for (const [cause, status] of [
  ['buyer', 'CANCELLED'],
  ['operator', 'CANCELLED'],
  ['deadline', 'FAILED'],
] as const) {
  test(`an order whose charge was cancelled with cause ${cause} becomes ${status}`, async () => {
    const world = createWorld({ billingAnswersFirst: [refusal(409, 'charge-cancelled', { cause })] });
    assert.deepEqual(await runOrder(world), { status, reason: cause });
    assert.deepEqual(
      [world.account.chargeRequests, world.announced],
      [1, [status === 'FAILED' ? 'OrderRejected' : 'OrderCancelled']],
    );
  });
}

test('what a newer billing adds to its answers is ignored', async () => {
  const more = { fee: 1, cause: 'buyer', transaction: { id: 1, at: 'now' } };
  const charged = { status: 201, body: { transactionId: 1, amount: 30, balance: 70, ...more } };
  assert.deepEqual(await runOrder(createWorld({ billingAnswersFirst: [charged] })), {
    status: 'SUCCESS',
    reason: null,
  });
  const cancelled = refusal(409, 'charge-cancelled', { ...more, outcome: 'CHARGED' });
  const world = createWorld({ billingAnswersFirst: [cancelled] });
  assert.deepEqual(await runOrder(world), { status: 'CANCELLED', reason: 'buyer' });
});

const unknown: [what: string, answer: EarlyAnswer][] = [
  ['201 with an unreadable body', { status: 201, body: undefined }],
  ['200 with a foreign body', { status: 200, body: { page: 'welcome' } }],
  ['201 for another amount', { status: 201, body: { transactionId: 1, amount: 31, balance: 69 } }],
  ['204', { status: 204, body: undefined }],
  ['that the same request is in progress', refusal(409, 'in-progress')],
  ['a refusal without a kind', { status: 409, body: {} }],
  ['a refusal of an unknown kind', refusal(409, 'teapot')],
  ['that the charge was cancelled, without a cause', refusal(409, 'charge-cancelled')],
  ['that the charge was cancelled, with an unknown cause', refusal(409, 'charge-cancelled', { cause: 'weather' })],
];
for (const [what, answer] of unknown) {
  test(`when billing answers ${what}, the charge is retried`, async () => {
    const world = createWorld({ billingAnswersFirst: [answer, answer] });
    assert.deepEqual(await runOrder(world), { status: 'SUCCESS', reason: null });
    assert.deepEqual([world.account.chargeRequests, world.account.charges], [3, 1]);
  });
}

async function misfitCount(kind: string): Promise<number> {
  const { values } = await register.getSingleMetric('billing_misfits_total')!.get();
  return values.find(({ labels }) => labels['kind'] === kind)?.value ?? 0;
}

for (const [status, kind] of [
  [401, 'unauthenticated'],
  [403, 'forbidden'],
] as const) {
  test(`when billing rejects the worker's token as ${kind}, the charge is retried and a metric counts it`, async () => {
    const before = await misfitCount(kind);
    assert.equal(
      (await runOrder(createWorld({ billingAnswersFirst: Array(2).fill(refusal(status, kind)) }))).status,
      'SUCCESS',
    );
    assert.equal(await misfitCount(kind), before + 2);
  });
}

test('when billing holds another request under the charge key, the charge is cancelled and a metric counts it', async () => {
  const before = await misfitCount('key-reused');
  const world = createWorld({ charge: 'regular', billingAnswersFirst: [refusal(422, 'key-reused')] });
  assert.deepEqual(await runOrder(world), { status: 'FAILED', reason: 'deadline' });
  assert.deepEqual(
    [
      world.account.chargeRequests,
      world.account.outcome,
      world.account.balance,
      world.announced,
      await misfitCount('key-reused'),
    ],
    [1, { outcome: 'CANCELLED', cause: 'deadline' }, 100, ['OrderRejected'], before + 1],
  );
});
