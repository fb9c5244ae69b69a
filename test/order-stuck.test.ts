/** An order that does not get on can be found, says why, and goes on. On a server that skips time. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { askCancellation, quietRuntime, startOrder, timeSkippingTemporal, withWorker } from './support/temporal.ts';
import { eventually } from './support/eventually.ts';
import { createWorld, type Step, type World } from './support/world.ts';
import { cancelWorkflowId, orderWorkflowId } from '../specs/identity.ts';

/** As often as a step that fails at once is tried before it counts as stuck, and some more. */
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

for (const step of ['chargeOrder', 'settleOrder', 'announceOrder'] satisfies Step[]) {
  test(`an order whose ${step} does not succeed for a minute can be found by that, until it is through`, async () => {
    const world = createWorld({ charge: 'regular', loseAnswerOf: { step, times: LOST_MANY_TIMES } });
    const settled = await inWorld(world, (taskQueue) => start(taskQueue, world).then((handle) => handle.result()));
    assert.equal(settled.status, 'SUCCESS');
    assert.deepEqual(await marks(orderWorkflowId(world.orderId)), [step, undefined]);
    assert.deepEqual(await longestPauses(orderWorkflowId(world.orderId), step), [30, 30]);
    assert.deepEqual([world.account.charges, world.row.status, world.announced], [1, 'SUCCESS', ['OrderCreated']]);
  });
}

for (const step of ['cancelCharge', 'cancelOrder'] satisfies Step[]) {
  test(`a cancellation whose ${step} does not succeed for a minute can be found by that, until it is through`, async () => {
    const world = createWorld({ loseAnswerOf: { step, times: LOST_MANY_TIMES } });
    await inWorld(world, async (taskQueue) => {
      await (await start(taskQueue, world)).result();
      void askCancellation(temporal.client, taskQueue, world).catch(() => {});
      const cancellation = temporal.client.workflow.getHandle(cancelWorkflowId(world.orderId));
      await eventually(() => cancellation.describe());
      assert.equal((await cancellation.result()).status, 'CANCELLED');
    });
    assert.deepEqual(await marks(cancelWorkflowId(world.orderId)), [step, undefined]);
    assert.deepEqual(await longestPauses(cancelWorkflowId(world.orderId), step), [30, 30]);
    assert.deepEqual([world.account.balance, world.row.status], [100, 'CANCELLED']);
  });
}

test('a stuck order says at what it stands and why, and no longer once it is through', async () => {
  const world = createWorld({ charge: 'regular', silentCharge: { takesEffect: false } });
  await inWorld(world, async (taskQueue) => {
    const handle = await start(taskQueue, world);
    await temporal.sleep('30s');
    assert.deepEqual([await found(handle), await marks(handle.workflowId)], [undefined, []]);
    await temporal.sleep('40s');
    assert.equal(await found(handle), 'chargeOrder');
    assert.match(
      await details(handle),
      /status: \*\*IN_PROGRESS\*\*[^]*\*\*stuck\*\*: chargeOrder .* The last try: billing did not answer/,
    );
    world.billingSpeaks();
    assert.equal((await handle.result()).status, 'SUCCESS');
    assert.equal(await found(handle), undefined);
    assert.doesNotMatch(await details(handle), /stuck/);
  });
});

test('a stuck order keeps its deadline: both rows of tries together take no longer', async () => {
  const world = createWorld({ charge: 'regular', silentCharge: { takesEffect: true }, deadlineS: 600 });
  const settled = await inWorld(world, (taskQueue) => start(taskQueue, world).then((handle) => handle.result()));
  assert.deepEqual([settled.reason, world.account.balance], ['deadline', 100]);
  assert.deepEqual(await marks(orderWorkflowId(world.orderId)), ['chargeOrder', undefined]);
  const seconds = await secondsUntil('cancelCharge', orderWorkflowId(world.orderId));
  assert.ok(seconds > 480 && seconds <= 600, `billing was made to promise after ${seconds} s`);
});

test('a deadline that comes before the minute is over is kept, and nothing counts as stuck', async () => {
  const world = createWorld({ charge: 'regular', silentCharge: { takesEffect: false }, deadlineS: 40 });
  const settled = await inWorld(world, (taskQueue) => start(taskQueue, world).then((handle) => handle.result()));
  assert.deepEqual([settled.reason, await marks(orderWorkflowId(world.orderId))], ['deadline', []]);
  assert.ok((await secondsUntil('cancelCharge', orderWorkflowId(world.orderId))) <= 40);
});

test('a stuck order that an operator cancels ends at once, and is stuck no more', async () => {
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

test('a charge that billing refuses for good is not taken for a stuck one: billing is made to promise at once', async () => {
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

/** What the order can be found by now. */
const found = async (handle: Handle) =>
  ((await handle.describe()).searchAttributes['OrderStuck' as never] as Array<string | null> | undefined)?.[0] ??
  undefined;

const details = async (handle: Handle) =>
  (await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata')).currentDetails;

const historyOf = async (workflowId: string) =>
  (await temporal.client.workflow.getHandle(workflowId).fetchHistory()).events!;

/** Every step that the workflow called itself stuck at, in order; undefined where it took that back. */
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

/** The seconds that pass at most between two tries of a step, in each row of them. */
async function longestPauses(workflowId: string, step: string): Promise<number[]> {
  const asked = (await historyOf(workflowId))
    .map((event) => event.activityTaskScheduledEventAttributes)
    .filter((each) => each?.activityType?.name === step);
  return asked.map((each) => Number(each!.retryPolicy!.maximumInterval!.seconds));
}

/** From the workflow's start to the first time that it asked for this activity. */
async function secondsUntil(activity: string, workflowId: string): Promise<number> {
  const events = await historyOf(workflowId);
  const asked = events.find((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === activity);
  return Number(asked!.eventTime!.seconds) - Number(events[0]!.eventTime!.seconds);
}
