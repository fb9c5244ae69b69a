import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createProfileStarter } from '../../api/users/workflow.ts';
import { createTemporal } from '../../lib/temporal/client.ts';
import { profileEventId } from '../../specs/identity.ts';
import { profileWorkflowId, type Activities } from '../../specs/temporal.ts';
import { createProfileWorld } from '../support/fakes/profile-world.ts';
import { withWorker } from '../support/temporal/server.ts';
import { temporal } from '../support/temporal/workflows.ts';

/** A starter that waits long for Temporal, because other tests may keep the machine busy. */
const patientStarter = (taskQueue: string) =>
  createProfileStarter({ temporal: temporal.client, taskQueue, withinMs: 20_000 });
const handleOf = (userId: string, version: number) =>
  temporal.client.workflow.getHandle(profileWorkflowId(userId, version));
const announce = (world: ReturnType<typeof createProfileWorld>, version: number) =>
  new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') }).run(world.activities.announceProfile, {
    userId: world.userId,
    version,
  });

test('a change opens the account and is announced despite failures, and the history contains no personal data', async () => {
  const world = createProfileWorld({ billingAnswersFirst: [503], usersAnswersFirst: [401], publishingFailsFirst: 1 });
  const { userId } = world;
  const personal = {
    firstName: 'Marguerite',
    lastName: 'Duvallier',
    email: 'm.duvallier@example.org',
    phone: '+33 1 70 18 99 61',
  };
  world.profile = { userId, username: 'mduvallier', ...personal, version: 1 };
  const history = await withWorker(world.activities as Activities, async (taskQueue) => {
    await patientStarter(taskQueue)({ userId, version: 1 });
    await handleOf(userId, 1).result();
    return asText(await handleOf(userId, 1).fetchHistory());
  });
  assert.deepEqual(world.opened, [userId]);
  const { topic, key, value, headers } = world.messages.at(-1)!;
  assert.deepEqual(
    [topic, key, JSON.parse(String(value))],
    ['user-service.UserUpdated', userId, { userId, ...personal, version: 1 }],
  );
  assert.deepEqual(
    [headers['eventId'], headers['profileVersion'], headers['correlationId']],
    [profileEventId(userId, 1), '1', profileWorkflowId(userId, 1)],
  );
  assert.deepEqual(
    new Set(world.messages.map((message) => message.headers['eventId'])).size,
    1,
    'a repeated message has the same id',
  );
  assert.ok(history.includes(userId) && history.includes('open the billing account'), 'the search of the text works');
  for (const word of ['mduvallier', ...Object.values(personal)])
    assert.ok(!history.includes(word), `the history contains ${word}`);
});

for (const [deletedVersion, what] of [
  [3, 'by the announced change'],
  [5, 'by a later change'],
] as const) {
  test(`a profile that was deleted ${what} is announced as null with its version`, async () => {
    const world = Object.assign(createProfileWorld(), { profile: undefined, deletedVersion });
    assert.deepEqual(await announce(world, 3), { version: deletedVersion, deleted: true });
    assert.deepEqual(
      world.messages.map(({ key, value, headers }) => [key, value, headers['eventId'], headers['profileVersion']]),
      [[world.userId, null, profileEventId(world.userId, deletedVersion), String(deletedVersion)]],
    );
  });
}

test('requests and messages of a change carry the correlation id and trace of the request that made it', async () => {
  const world = createProfileWorld();
  const origin = {
    correlationId: 'signing-up',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  };
  await withWorker(world.activities as Activities, async (taskQueue) => {
    await patientStarter(taskQueue)({ userId: world.userId, version: 1, ...origin });
    await handleOf(world.userId, 1).result();
  });
  const expected = [origin.correlationId, origin.traceparent];
  assert.deepEqual(world.origins, [expected, expected, expected, expected]);
  assert.deepEqual(
    world.messages.map(({ headers }) => [headers['correlationId'], headers['traceparent']]),
    [expected],
  );
});

for (const [status, type] of [
  [404, 'not-found'],
  [401, 'unauthenticated'],
  [403, 'forbidden'],
  [500, 'internal-error'],
  [503, 'unavailable'],
] as const) {
  test(`when the users service answers ${status} ${type}, nothing is announced`, async () => {
    const world = createProfileWorld({ usersAnswersFirst: [status] });
    await assert.rejects(announce(world, 1), new RegExp(`users answered ${status}`));
    assert.equal(world.messages.length, 0);
  });
}

test('a workflow that runs late announces the current version under the event id of that version', async () => {
  const world = createProfileWorld({ version: 5 });
  assert.deepEqual(await announce(world, 2), { version: 5, deleted: false });
  assert.deepEqual(
    [world.messages.length, world.messages[0]!.headers['eventId']],
    [1, profileEventId(world.userId, 5)],
  );
});

test('a profile that changes during its announcement is announced again, so the last message is the latest', async () => {
  const world = createProfileWorld();
  const changes = [
    () => (world.profile = { ...world.profile!, firstName: 'Augusta', version: 2 }),
    () => ((world.profile = undefined), (world.deletedVersion = 3)),
  ];
  world.beforePublishing = () => changes.shift()?.();
  assert.deepEqual(await announce(world, 1), { version: 3, deleted: true });
  assert.deepEqual(
    world.messages.map(({ value, headers }) => [
      value && JSON.parse(String(value)).firstName,
      headers['profileVersion'],
    ]),
    [
      ['Ada', '1'],
      ['Augusta', '2'],
      [null, '3'],
    ],
  );
});

test('if an announcement times out as it is published and the profile was deleted meanwhile, the deletion is announced too', async () => {
  const world = createProfileWorld();
  const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  world.beforePublishing = () => {
    Object.assign(world, { profile: undefined, deletedVersion: 2 });
    environment.cancel();
  };
  const announced = await environment.run(world.activities.announceProfile, { userId: world.userId, version: 1 });
  assert.deepEqual(announced, { version: 2, deleted: true });
  assert.deepEqual([world.messages.length, world.messages.at(-1)!.value], [2, null]);
});

test('the workflow of a change starts once, however often it is requested, and again after it was terminated', async () => {
  const userId = randomUUID();
  const start = patientStarter(`no-worker-${userId}`);
  await Promise.all(Array.from({ length: 10 }, () => start({ userId, version: 1 })));
  const first = await handleOf(userId, 1).describe();
  await start({ userId, version: 1 });
  assert.equal((await handleOf(userId, 1).describe()).runId, first.runId);

  await handleOf(userId, 1).terminate();
  await start({ userId, version: 1 });
  const second = await handleOf(userId, 1).describe();
  assert.notEqual(second.runId, first.runId);
  assert.equal(second.status.name, 'RUNNING');
  await handleOf(userId, 1).terminate();
});

test('a change whose workflow has completed counts as started and does not run again', async () => {
  const world = createProfileWorld();
  const { userId } = world;
  await withWorker(world.activities as Activities, async (taskQueue) => {
    const start = patientStarter(taskQueue);
    await start({ userId, version: 1 });
    await handleOf(userId, 1).result();
    const { runId } = await handleOf(userId, 1).describe();
    await start({ userId, version: 1 });
    assert.equal((await handleOf(userId, 1).describe()).runId, runId);
  });
  assert.equal(world.messages.length, 1);
});

test('while Temporal is unavailable, starting a workflow fails within nine seconds', async () => {
  const unreachable = createTemporal({ address: '127.0.0.1:1', namespace: 'default', tls: false });
  const startedMs = performance.now();
  await assert.rejects(
    createProfileStarter({ temporal: unreachable.client, taskQueue: 'none' })({ userId: randomUUID(), version: 1 }),
  );
  const tookMs = performance.now() - startedMs;
  assert.ok(tookMs < 9_000, `${tookMs} ms`);
  await unreachable.close();
});

/** The history as JSON, with its payloads decoded. */
const asText = (history: unknown) =>
  JSON.stringify(history).replace(/"data":"([^"]+)"/g, (_whole, data: string) =>
    Buffer.from(data, 'base64').toString(),
  );
