/** What workers of other releases may have returned. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { readOutcomeOf, readSettled } from '../../../api/orders/settled.ts';
import { createSaga } from '../../../api/orders/workflow.ts';
import { createLog } from '../../../lib/log.ts';
import { orderWorkflowId, type Activities } from '../../../specs/temporal.ts';
import { createWorld, type World } from '../../support/fakes/world.ts';
import { withWorker } from '../../support/temporal/server.ts';
import { temporal } from '../../support/temporal/workflows.ts';

const orderId = randomUUID();

test('of a result, only the known properties are read', () => {
  const settled = { orderId, status: 'FAILED', reason: 'deadline' };
  assert.deepEqual(readSettled({ ...settled, refundedAt: 'now' }), settled);
  assert.deepEqual(readSettled({ orderId, status: 'SUCCESS' }), { orderId, status: 'SUCCESS', reason: null });
});

for (const [what, result] of [
  ['no status', { orderId, reason: null }],
  ['an unknown status', { orderId, status: 'PACKED', reason: null }],
  ['an unknown reason', { orderId, status: 'FAILED', reason: 'weather' }],
  ['no order', { status: 'SUCCESS', reason: null }],
  ['nothing', undefined],
] as const) {
  test(`a result with ${what} is not an outcome`, () => assert.equal(readSettled(result), undefined));
}

/** Starts the order's workflow, with an input as a newer release may write it, and waits for the outcome. */
const outcomeOf = (world: World, activities: Activities) =>
  withWorker(activities, async (taskQueue) => {
    const saga = createSaga({
      temporal: temporal.client,
      taskQueue,
      answerDeadlineMs: 60_000,
      orderDeadlineS: 60,
      charge: 'local',
      log: createLog('silent'),
    });
    await temporal.client.workflow.start('order', {
      taskQueue,
      workflowId: orderWorkflowId(world.orderId),
      args: [{ ...world.input, voucher: { code: 'X' } }],
    });
    const outcome = await saga.awaitOutcome({
      id: world.orderId,
      userId: world.input.ownerId,
      price: world.input.price,
      version: 1,
      status: 'IN_PROGRESS',
      reason: null,
      firstStatus: null,
      cancelCause: null,
      createdAt: new Date().toISOString(),
      correlationId: 'test',
      traceparent: null,
    });
    return { outcome, result: await temporal.client.workflow.getHandle(orderWorkflowId(world.orderId)).result() };
  });

test('a workflow ignores what a newer release has added to its input and to the results of its activities', async () => {
  const world = createWorld();
  const { activities } = world;
  const received: object[] = [];
  const { outcome } = await outcomeOf(world, {
    ...activities,
    chargeOrder: async (request) => {
      received.push(request);
      return { ...(await activities.chargeOrder(request)), fee: 3 };
    },
    settleOrder: async (request) => {
      received.push(request);
      return { ...(await activities.settleOrder(request)), settledAt: 'now' };
    },
    announceOrder: async (request) => {
      received.push(request);
      await activities.announceOrder(request);
    },
  });
  assert.deepEqual(outcome, { orderId: world.orderId, status: 'SUCCESS', reason: null });
  assert.deepEqual(world.announced, ['OrderCreated']);
  for (const request of received) assert.doesNotMatch(JSON.stringify(request), /voucher|fee|settledAt/);
});

test('an outcome of an unknown kind is not known to the caller, and not a refusal', async () => {
  const world = createWorld();
  const { activities } = world;
  const { outcome, result } = await outcomeOf(world, {
    ...activities,
    settleOrder: async (request) => ({ ...(await activities.settleOrder(request)), status: 'PACKED' as 'SUCCESS' }),
    announceOrder: async () => {},
  });
  assert.equal((result as { status: string }).status, 'PACKED');
  assert.equal(outcome, undefined);
});

test('the outcome of a workflow that was started for another order is no outcome of this one', () => {
  const [id, other] = [randomUUID(), randomUUID()];
  const settled = { orderId: id, status: 'SUCCESS', reason: null };
  assert.deepEqual(readOutcomeOf(id, settled), settled);
  assert.equal(readOutcomeOf(other, settled), undefined);
});
