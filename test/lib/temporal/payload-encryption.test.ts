import assert from 'node:assert/strict';
import { before, describe, it, test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { orderWorkflowId } from '../../../specs/temporal.ts';
import { eventually } from '../../support/eventually.ts';
import { activitiesOf, createWorld, type World } from '../../support/fakes/world.ts';
import {
  failuresIn,
  keysOf,
  newTaskQueue,
  payloadsIn,
  rawHistory,
  textOf,
  whileHosted,
  withClient,
} from '../../support/temporal/encrypted.ts';
import { awaitOutcome, silentRuntime, startOrder } from '../../support/temporal/server.ts';

before(silentRuntime);

const REFUSAL = 'billing holds another amount under this key';
const keys = keysOf('2026-11');

/** Returns an order's history as the server stores it. */
async function runOrder(world: World, activities = world.activities): Promise<object> {
  const taskQueue = newTaskQueue();
  await whileHosted(keys, taskQueue, activities, () =>
    withClient(keys, async ({ client }) => {
      await awaitOutcome(client, taskQueue, world);
      await client.workflow.getHandle(orderWorkflowId(world.orderId)).result();
    }),
  );
  return rawHistory(orderWorkflowId(world.orderId));
}

for (const charge of ['local', 'regular'] as const) {
  test(`an encrypted history holds no payload and no failure message in plain text (${charge})`, async () => {
    const world = createWorld({ charge });
    const refusing = {
      ...world.activities,
      chargeOrder: () => Promise.reject(ApplicationFailure.nonRetryable(REFUSAL, 'KeyReused', { sum: 99 })),
    };
    const history = await runOrder(world, refusing);

    const plain = payloadsIn(history).filter(({ value }) => textOf(value.metadata['encoding']) !== 'binary/encrypted');
    // Search attributes stay readable, and so do the names and times of local activities.
    const readable = plain.filter(({ path }) =>
      /searchAttributes\/indexedFields|markerRecordedEventAttributes\/details\/data\//.test(path),
    );
    assert.deepEqual(plain, readable);
    assert.deepEqual(new Set(failuresIn(history).map(({ value }) => value.message)), new Set(['Encoded failure']));
    const text = JSON.stringify(history).replaceAll(/"data":"([^"]+)"/g, (_, data: string) => textOf(data));
    const { ownerId, chargeKey } = world.input;
    for (const word of [ownerId, chargeKey, '"price"', '"deadline"', REFUSAL, 'charge 30', '"sum"', '"stack'])
      assert.ok(!text.includes(word), word);
    assert.ok(
      text.includes('KeyReused') && text.includes(orderWorkflowId(world.orderId)),
      'the search of the text works',
    );
  });
}

test('a client with the keys reads results, details and histories as without encryption', async () => {
  const world = createWorld({ balance: 10 });
  const workflowId = orderWorkflowId(world.orderId);
  const taskQueue = newTaskQueue();
  await whileHosted(keys, taskQueue, world.activities, () =>
    withClient(keys, async ({ client, decryptInPlace }) => {
      const expected = { orderId: world.orderId, status: 'FAILED', reason: 'insufficient-funds' };
      assert.deepEqual(await awaitOutcome(client, taskQueue, world), expected);
      const handle = client.workflow.getHandle(workflowId);
      assert.deepEqual(await handle.result(), expected);
      const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
      assert.match(currentDetails, /insufficient-funds/);
      const history = await handle.fetchHistory();
      await decryptInPlace(history);
      assert.equal(
        JSON.parse(String(history.events![0]!.workflowExecutionStartedEventAttributes!.input!.payloads![0]!.data))
          .price,
        30,
      );
    }),
  );
});

test('a key can be replaced while orders run: orders started under the old key finish under the new one', async () => {
  const world = createWorld({ charge: 'regular', silentCharge: { takesEffect: true } });
  const taskQueue = newTaskQueue();
  const workflowId = orderWorkflowId(world.orderId);
  const [old, both] = [keysOf('old'), keysOf('new', 'old')];
  await withClient(old, ({ client }) =>
    whileHosted(old, taskQueue, world.activities, async () => {
      await startOrder(client, taskQueue, world);
      await eventually(() => assert.ok(world.account.chargeRequests > 0));
    }),
  );
  world.billingRecovers();
  await withClient(both, ({ client }) =>
    whileHosted(both, taskQueue, world.activities, async () =>
      assert.equal((await client.workflow.getHandle(workflowId).result()).status, 'SUCCESS'),
    ),
  );
  const ids = payloadsIn(await rawHistory(workflowId)).map(({ value }) => textOf(value.metadata['encryption-key-id']));
  assert.deepEqual(new Set(ids.filter(Boolean)), new Set(['old', 'new']));
});

// The tests run in parallel, because each waits for a task timeout.
describe('a worker that cannot decrypt', { concurrency: true }, () => {
  for (const [name, others] of [
    ['without keys', undefined],
    ['without the key', keysOf('another')],
  ] as const) {
    it(`a worker ${name} harms neither a workflow nor an activity: both wait for a worker that has the key`, async () => {
      const waiting = createWorld({ charge: 'regular' });
      const charging = createWorld({ charge: 'regular', silentCharge: { takesEffect: false } });
      const activities = activitiesOf([waiting, charging]);
      const taskQueue = newTaskQueue();
      await withClient(keys, async ({ client }) => {
        const pending = await whileHosted(keys, taskQueue, activities, async () => {
          const handle = await startOrder(client, taskQueue, charging);
          await eventually(() => assert.ok(charging.account.chargeRequests > 0));
          return handle;
        });
        const unread = await startOrder(client, taskQueue, waiting);
        await whileHosted(others, taskQueue, activities, async () => {
          await eventually(async () =>
            assert.match(await taskFailure(unread.workflowId), /Unknown encoding: binary.encrypted|Encoded failure/),
          );
          await eventually(async () =>
            assert.match(
              (await pending.describe()).raw.pendingActivities![0]!.lastFailure!.message!,
              /Failed to parse activity args|Encoded/,
            ),
          );
        });
        charging.billingRecovers();
        const ends = () => Promise.all([unread, pending].map((handle) => handle.result()));
        assert.deepEqual((await whileHosted(keys, taskQueue, activities, ends)).map(({ status }) => status), ['SUCCESS', 'SUCCESS']); // prettier-ignore
      });
      assert.deepEqual([waiting.account.charges, charging.account.charges], [1, 1]);
    });
  }
});

test('a failure thrown inside the workflow sandbox is encrypted too', async () => {
  const world = createWorld();
  const taskQueue = newTaskQueue();
  const failures = await whileHosted(keys, taskQueue, world.activities, () =>
    withClient(keys, async ({ client }) => {
      const handle = await client.workflow.start('order', {
        workflowId: orderWorkflowId(world.orderId),
        taskQueue,
        args: [null],
      });
      const failed = await eventually(
        async () => failuresIn(await rawHistory(handle.workflowId)).find(() => true) ?? assert.fail('no failure yet'),
      );
      await handle.terminate();
      return failed.value;
    }),
  );
  assert.deepEqual([failures.message, failures.stackTrace ?? ''], ['Encoded failure', '']);
});

test('a client without the key gets an error that names the missing key', async () => {
  const world = createWorld();
  await runOrder(world);
  const handleOf = ({ client }: Parameters<Parameters<typeof withClient>[1]>[0]) =>
    client.workflow.getHandle(orderWorkflowId(world.orderId));
  await assert.rejects(
    withClient(keysOf('another'), (temporal) => handleOf(temporal).result()),
    /encrypted under the key "2026-11", but the configured keys are another/,
  );
});

const taskFailure = async (workflowId: string): Promise<string> => {
  const failed = failuresIn(await rawHistory(workflowId)).find(({ path }) => path.includes('workflowTaskFailed'));
  return failed?.value.message ?? '';
};
