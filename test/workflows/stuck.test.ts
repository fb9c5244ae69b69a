import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { orderWorkflowId, cancelWorkflowId } from '../../specs/temporal.ts';
import { stepsOf } from '../../workflows/step-table.ts';
import { eventually } from '../support/eventually.ts';
import { createWorld, type World } from '../support/fakes/world.ts';
import {
  cancelAndWait,
  quietRuntime,
  startOrder,
  timeSkippingTemporal,
  withWorker,
} from '../support/temporal/server.ts';

/** A step that loses this many answers counts as stuck. */
const LOST_MANY_TIMES = 12;
let temporal: TestWorkflowEnvironment;

before(async () => {
  quietRuntime();
  temporal = await timeSkippingTemporal();
});
after(() => temporal.teardown());

const inWorld = <T>(world: World, act: (taskQueue: string) => Promise<T>) =>
  withWorker(world.activities, act, temporal.nativeConnection);
const start = (taskQueue: string, world: World) => startOrder(temporal.client, taskQueue, world);

for (const step of stepsOf('order')) {
  test(`an order whose ${step} fails for a minute can be searched for by that step until it succeeds`, async () => {
    const world = createWorld({ charge: 'regular', loseAnswerOf: { step, times: LOST_MANY_TIMES } });
    const settled = await inWorld(world, (taskQueue) => start(taskQueue, world).then((handle) => handle.result()));
    assert.equal(settled.status, 'SUCCESS');
    assert.deepEqual(await marks(orderWorkflowId(world.orderId)), [step, undefined]);
    assert.deepEqual(await longestPauses(orderWorkflowId(world.orderId), step), [30, 30]);
    assert.deepEqual([world.account.charges, world.row.status, world.announced], [1, 'SUCCESS', ['OrderCreated']]);
  });
}

for (const step of stepsOf('cancellation').filter((each) => each !== 'announceOrder')) {
  test(`a cancellation whose ${step} fails for a minute can be searched for by that step until it succeeds`, async () => {
    const world = createWorld({ loseAnswerOf: { step, times: LOST_MANY_TIMES } });
    await inWorld(world, async (taskQueue) => {
      await (await start(taskQueue, world)).result();
      void cancelAndWait(temporal.client, taskQueue, world).catch(() => {});
      const cancellation = temporal.client.workflow.getHandle(cancelWorkflowId(world.orderId));
      await eventually(() => cancellation.describe());
      assert.equal((await cancellation.result()).status, 'CANCELLED');
    });
    assert.deepEqual(await marks(cancelWorkflowId(world.orderId)), [step, undefined]);
    assert.deepEqual(await longestPauses(cancelWorkflowId(world.orderId), step), [30, 30]);
    assert.deepEqual([world.account.balance, world.row.status], [100, 'CANCELLED']);
  });
}

test('a stuck order shows its step and last failure until the step succeeds', async () => {
  const world = createWorld({ charge: 'regular', silentCharge: { takesEffect: false } });
  await inWorld(world, async (taskQueue) => {
    const handle = await start(taskQueue, world);
    await temporal.sleep('30s');
    assert.deepEqual([await found(handle), await marks(handle.workflowId)], [undefined, []]);
    await temporal.sleep('40s');
    assert.equal(await found(handle), 'chargeOrder');
    assert.match(
      await details(handle),
      /status: \*\*IN_PROGRESS\*\*[^]*\*\*stuck\*\*: chargeOrder .* Last failure: billing did not answer/,
    );
    world.billingRecovers();
    assert.equal((await handle.result()).status, 'SUCCESS');
    assert.equal(await found(handle), undefined);
    assert.doesNotMatch(await details(handle), /stuck/);
  });
});

test('a stuck order keeps its deadline', async () => {
  const world = createWorld({ charge: 'regular', silentCharge: { takesEffect: true }, deadlineS: 600 });
  const settled = await inWorld(world, (taskQueue) => start(taskQueue, world).then((handle) => handle.result()));
  assert.deepEqual([settled.reason, world.account.balance], ['deadline', 100]);
  assert.deepEqual(await marks(orderWorkflowId(world.orderId)), ['chargeOrder', undefined]);
  const seconds = await secondsUntil('cancelCharge', orderWorkflowId(world.orderId));
  assert.ok(seconds > 480 && seconds <= 600, `the charge was cancelled after ${seconds} s`);
});

test('an order whose deadline passes within the first minute never counts as stuck', async () => {
  const world = createWorld({ charge: 'regular', silentCharge: { takesEffect: false }, deadlineS: 40 });
  const settled = await inWorld(world, (taskQueue) => start(taskQueue, world).then((handle) => handle.result()));
  assert.deepEqual([settled.reason, await marks(orderWorkflowId(world.orderId))], ['deadline', []]);
  assert.ok((await secondsUntil('cancelCharge', orderWorkflowId(world.orderId))) <= 40);
});

test('a stuck order that an operator cancels ends, and no longer counts as stuck', async () => {
  const world = createWorld({ charge: 'regular', silentCharge: { takesEffect: true } });
  const settled = await inWorld(world, async (taskQueue) => {
    const handle = await start(taskQueue, world);
    await temporal.sleep('90s');
    assert.equal(await found(handle), 'chargeOrder');
    await handle.cancel();
    return handle.result();
  });
  assert.deepEqual([settled.status, settled.reason, world.account.balance], ['CANCELLED', 'operator', 100]);
  assert.deepEqual(await marks(orderWorkflowId(world.orderId)), ['chargeOrder', undefined]);
});

test('a charge that billing refuses for good is cancelled within 30 seconds and does not count as stuck', async () => {
  const world = createWorld({ charge: 'regular' });
  const refusing = {
    ...world.activities,
    chargeOrder: () => Promise.reject(ApplicationFailure.nonRetryable('another request under this key', 'KeyReused')),
  };
  const settled = await withWorker(
    refusing,
    (taskQueue) => start(taskQueue, world).then((handle) => handle.result()),
    temporal.nativeConnection,
  );
  assert.deepEqual([settled.status, await marks(orderWorkflowId(world.orderId))], ['FAILED', []]);
  assert.ok((await secondsUntil('cancelCharge', orderWorkflowId(world.orderId))) < 30);
});

type Handle = Awaited<ReturnType<typeof start>>;

const found = async (handle: Handle) =>
  ((await handle.describe()).searchAttributes['OrderStuck' as never] as Array<string | null> | undefined)?.[0] ??
  undefined;

const details = async (handle: Handle) =>
  (await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata')).currentDetails;

const historyOf = async (workflowId: string) =>
  (await temporal.client.workflow.getHandle(workflowId).fetchHistory()).events!;

/** The successive values of the search attribute `OrderStuck`. Undefined means that it was cleared. */
async function marks(workflowId: string): Promise<Array<string | undefined>> {
  const changes = (await historyOf(workflowId)).map(
    (event) => event.upsertWorkflowSearchAttributesEventAttributes?.searchAttributes?.indexedFields?.['OrderStuck'],
  );
  return changes.filter((payload) => payload).map((payload) => textOf(payload!.data) || undefined);
}

function textOf(data: Uint8Array | null | undefined): string | undefined {
  const value = data?.length ? (JSON.parse(Buffer.from(data).toString()) as string | string[] | null) : undefined;
  return Array.isArray(value) ? value[0] : (value ?? undefined);
}

/** The maximum retry interval, in seconds, of each regular activity that ran this step. */
async function longestPauses(workflowId: string, step: string): Promise<number[]> {
  const scheduled = (await historyOf(workflowId))
    .map((event) => event.activityTaskScheduledEventAttributes)
    .filter((each) => each?.activityType?.name === step);
  return scheduled.map((each) => Number(each!.retryPolicy!.maximumInterval!.seconds));
}

async function secondsUntil(activity: string, workflowId: string): Promise<number> {
  const events = await historyOf(workflowId);
  const scheduled = events.find((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === activity);
  return Number(scheduled!.eventTime!.seconds) - Number(events[0]!.eventTime!.seconds);
}
