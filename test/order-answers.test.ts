/** What each answer of billing means to an order: only what it says for certain decides, and a fault of ours is seen. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { register } from 'prom-client';
import { orderWorkflowId } from '../specs/identity.ts';
import type { EarlyAnswer } from './support/billing.ts';
import { temporal } from './support/saga-temporal.ts';
import { askOutcome, withWorker } from './support/temporal.ts';
import { createWorld, type World } from './support/world.ts';

/** Takes an order from its placing to the close of its workflow. */
const runOrder = (world: World) =>
  withWorker(world.activities, async (taskQueue) => {
    const { status, reason } = await askOutcome(temporal.client, taskQueue, world);
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
  test(`an order whose charge was taken back by ${cause} is ${status}`, async () => {
    const world = createWorld({ billingAnswersFirst: [refusal(409, 'charge-cancelled', { cause })] });
    assert.deepEqual(await runOrder(world), { status, reason: cause });
    assert.deepEqual(
      [world.account.asked, world.announced],
      [1, [status === 'FAILED' ? 'OrderRejected' : 'OrderCancelled']],
    );
  });
}

const unknown: [what: string, answer: EarlyAnswer][] = [
  ['201 without a body that can be read', { status: 201, body: undefined }],
  ['200 with a body of somebody else', { status: 200, body: { page: 'welcome' } }],
  ['201 about another amount', { status: 201, body: { transactionId: 1, amount: 31, balance: 69 } }],
  ['204', { status: 204, body: undefined }],
  ['that the same request is in progress', refusal(409, 'in-progress')],
  ['a refusal without a kind', { status: 409, body: {} }],
  ['a refusal of no known kind', refusal(409, 'teapot')],
  ['that the charge was cancelled, and not why', refusal(409, 'charge-cancelled')],
];
for (const [what, answer] of unknown) {
  test(`when billing answers ${what}, the charge is asked for again`, async () => {
    const world = createWorld({ billingAnswersFirst: [answer, answer] });
    assert.deepEqual(await runOrder(world), { status: 'SUCCESS', reason: null });
    assert.deepEqual([world.account.asked, world.account.charges], [3, 1]);
  });
}

/** How often it was noted that billing and we do not fit each other. */
async function misfits(kind: string): Promise<number> {
  const { values } = await register.getSingleMetric('billing_misfits_total')!.get();
  return values.find(({ labels }) => labels['kind'] === kind)?.value ?? 0;
}

for (const [status, kind] of [
  [401, 'unauthenticated'],
  [403, 'forbidden'],
] as const) {
  test(`when billing does not take the worker for one (${kind}), the charge is asked for again, and operators can see it`, async () => {
    const seen = await misfits(kind);
    assert.equal(
      (await runOrder(createWorld({ billingAnswersFirst: Array(2).fill(refusal(status, kind)) }))).status,
      'SUCCESS',
    );
    assert.equal(await misfits(kind), seen + 2);
  });
}

test('when billing knows the key of an order for another request, it is made to promise that nothing is charged, and operators can see it', async () => {
  const seen = await misfits('key-reused');
  const world = createWorld({ charge: 'regular', billingAnswersFirst: [refusal(422, 'key-reused')] });
  assert.deepEqual(await runOrder(world), { status: 'FAILED', reason: 'deadline' });
  assert.deepEqual(
    [world.account.asked, world.account.outcome, world.account.balance, world.announced, await misfits('key-reused')],
    [1, { outcome: 'CANCELLED', cause: 'deadline' }, 100, ['OrderRejected'], seen + 1],
  );
});
