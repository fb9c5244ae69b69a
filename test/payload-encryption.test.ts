/** With keys, Temporal stores what it cannot read; and a key that is missing stops an order without harming it. */
import assert from 'node:assert/strict';
import { before, describe, it, test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { ConfigFault } from '../lib/config.ts';
import { createPayloadCodec, payloadKeys } from '../lib/payload-codec.ts';
import { orderWorkflowId } from '../specs/identity.ts';
import {
  failuresIn,
  keysOf,
  newTaskQueue,
  payloadsIn,
  rawHistory,
  textOf,
  whileHosted,
  withClient,
} from './support/encrypted.ts';
import { eventually } from './support/eventually.ts';
import { askOutcome, silentRuntime, startOrder } from './support/temporal.ts';
import { activitiesOf, createWorld, type World } from './support/world.ts';

before(silentRuntime);

const REFUSAL = 'billing knows this key for another sum';
const keys = keysOf('2026-11');

/** Takes an order to its end, and answers its history as the server has it. */
async function runOrder(world: World, activities = world.activities): Promise<object> {
  const taskQueue = newTaskQueue();
  await whileHosted(keys, taskQueue, activities, () =>
    withClient(keys, async ({ client }) => {
      await askOutcome(client, taskQueue, world);
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
    // What stays readable: what orders are found by, and which step ran within the task and when.
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
      'the history is searched as text',
    );
  });
}

test('who has the keys reads answers, details and raw histories as without encryption', async () => {
  const world = createWorld({ balance: 10 });
  const workflowId = orderWorkflowId(world.orderId);
  const taskQueue = newTaskQueue();
  await whileHosted(keys, taskQueue, world.activities, () =>
    withClient(keys, async ({ client, makeReadable }) => {
      const expected = { orderId: world.orderId, status: 'FAILED', reason: 'insufficient-funds' };
      assert.deepEqual(await askOutcome(client, taskQueue, world), expected);
      const handle = client.workflow.getHandle(workflowId);
      assert.deepEqual(await handle.result(), expected);
      const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
      assert.match(currentDetails, /insufficient-funds/);
      const history = await handle.fetchHistory();
      await makeReadable(history);
      assert.equal(
        JSON.parse(String(history.events![0]!.workflowExecutionStartedEventAttributes!.input!.payloads![0]!.data))
          .price,
        30,
      );
    }),
  );
});

test('a key is replaced while orders run: what was begun under the old one goes on under the new one', async () => {
  const world = createWorld({ charge: 'regular', silentCharge: { takesEffect: true } });
  const taskQueue = newTaskQueue();
  const workflowId = orderWorkflowId(world.orderId);
  const [old, both] = [keysOf('old'), keysOf('new', 'old')];
  await withClient(old, ({ client }) =>
    whileHosted(old, taskQueue, world.activities, async () => {
      await startOrder(client, taskQueue, world);
      await eventually(() => assert.ok(world.account.asked > 0));
    }),
  );
  world.billingSpeaks();
  await withClient(both, ({ client }) =>
    whileHosted(both, taskQueue, world.activities, async () =>
      assert.equal((await client.workflow.getHandle(workflowId).result()).status, 'SUCCESS'),
    ),
  );
  const ids = payloadsIn(await rawHistory(workflowId)).map(({ value }) => textOf(value.metadata['encryption-key-id']));
  assert.deepEqual(new Set(ids.filter(Boolean)), new Set(['old', 'new']));
});

// Side by side: each waits for a task that a worker has taken and not done.
describe('a worker that cannot read', { concurrency: true }, () => {
  for (const [name, others] of [
    ['without keys', undefined],
    ['without the key', keysOf('another')],
  ] as const) {
    it(`a worker ${name} harms neither a workflow nor an activity: they wait for one that has it`, async () => {
      const waiting = createWorld({ charge: 'regular' });
      const charging = createWorld({ charge: 'regular', silentCharge: { takesEffect: false } });
      const activities = activitiesOf([waiting, charging]);
      const taskQueue = newTaskQueue();
      await withClient(keys, async ({ client }) => {
        const pending = await whileHosted(keys, taskQueue, activities, async () => {
          const handle = await startOrder(client, taskQueue, charging);
          await eventually(() => assert.ok(charging.account.asked > 0));
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
        charging.billingSpeaks();
        const ends = () => Promise.all([unread, pending].map((handle) => handle.result()));
        assert.deepEqual((await whileHosted(keys, taskQueue, activities, ends)).map(({ status }) => status), ['SUCCESS', 'SUCCESS']); // prettier-ignore
      });
      assert.deepEqual([waiting.account.charges, charging.account.charges], [1, 1]);
    });
  }
});

test('the failure of a workflow itself is made in the sandbox, and is encrypted there', async () => {
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

test('a client without the key is told which one is missing', async () => {
  const world = createWorld();
  await runOrder(world);
  const handleOf = ({ client }: Parameters<Parameters<typeof withClient>[1]>[0]) =>
    client.workflow.getHandle(orderWorkflowId(world.orderId));
  await assert.rejects(
    withClient(keysOf('another'), (temporal) => handleOf(temporal).result()),
    /encrypted under the key "2026-11", and the keys here are another/,
  );
});

test('a payload that was changed, or a key that is another one under the same id, is an error that says so', async () => {
  const [payload] = await createPayloadCodec(keys).encode([
    { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('"a"') },
  ]);
  const impostor = createPayloadCodec(new Map([['2026-11', Buffer.alloc(32)]]));
  const changed = { ...payload!, data: Buffer.from(payload!.data!.map((byte, n) => (n === 20 ? byte ^ 1 : byte))) };
  for (const attempt of [impostor.decode([payload!]), createPayloadCodec(keys).decode([changed])])
    await assert.rejects(attempt, /cannot be decrypted: the key "2026-11"/);
});

test('keys are read strictly, and a fault does not tell them', () => {
  const key = Buffer.alloc(32, 7).toString('base64');
  const read = (value: string) => payloadKeys('KEYS')({ KEYS: value });
  assert.equal(payloadKeys('KEYS')({}), undefined);
  assert.deepEqual([...read(`b:${key}, a:${key}`)!.keys()], ['b', 'a']);
  for (const value of ['a', key, `a:${key.slice(4)}`, `a:${key},`, `a:${key},a:${key}`, `a b:${key}`]) {
    assert.throws(() => read(value), (error) => error instanceof ConfigFault && !error.message.includes(key.slice(4))); // prettier-ignore
  }
});

/** What a worker could not do with a workflow's task. */
const taskFailure = async (workflowId: string): Promise<string> => {
  const failed = failuresIn(await rawHistory(workflowId)).find(({ path }) => path.includes('workflowTaskFailed'));
  return failed?.value.message ?? '';
};
