import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import { register } from 'prom-client';
import { createReconciler, type ReconcilerPorts } from '../../../api/auditor/reconciler.ts';
import { ordersInProgress, unfinishedCancellations, unstartedChanges } from '../../../api/auditor/unstarted.ts';
import { createOrderStore, type OrderStore } from '../../../api/orders/store.ts';
import { createSaga } from '../../../api/orders/workflow.ts';
import { createUserStore, type UserStore } from '../../../api/users/store.ts';
import { createProfileStarter } from '../../../api/users/workflow.ts';
import { createLog } from '../../../lib/log.ts';
import { createExists } from '../../../lib/temporal/exists.ts';
import { profileWorkflowId, orderWorkflowId, cancelWorkflowId } from '../../../specs/temporal.ts';
import { eventually } from '../../support/eventually.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres/database.ts';
import { realTemporal } from '../../support/temporal/server.ts';

const log = createLog('silent');
const temporal = realTemporal();
const { workflow } = temporal.client;
// No worker polls this queue, so a started workflow stays as it is until a test ends it.
const taskQueue = `test-${randomUUID()}`;
const saga = createSaga({
  temporal: temporal.client,
  taskQueue,
  answerDeadlineMs: 20_000,
  orderDeadlineS: 60,
  charge: 'local',
  log,
});
let databases: { orders: TestDatabase; users: TestDatabase };
let orders: OrderStore;
let users: UserStore;

before(async () => {
  databases = { orders: await createDatabase('orders'), users: await createDatabase('users') };
  orders = createOrderStore(databases.orders);
  users = createUserStore(databases.users);
});

afterEach(async () => {
  const rows = await databases.orders.query<{ id: string }>('delete from orders returning id');
  await Promise.all(
    rows
      .flatMap(({ id }) => [orderWorkflowId(id), cancelWorkflowId(id)])
      .map((id) =>
        workflow
          .getHandle(id)
          .terminate()
          .catch(() => {}),
      ),
  );
});

after(async () => {
  await Promise.all([orders.close(), users.close(), temporal.close()]);
  await Promise.all([databases.orders.close(), databases.users.close()]);
});

const auditOf = (sources: ReconcilerPorts['sources']) =>
  createReconciler({ sources, exists: createExists(temporal.client), log, everyMs: 50 });
const ofOrders = { kind: 'order', rows: () => ordersInProgress(orders, (order) => saga.start(order)) };
const audit = () => auditOf([ofOrders]).startMissing();
const rowsFailed = async (kind: string) =>
  (await register.getSingleMetric('auditor_rows_failed')!.get()).values.find(({ labels }) => labels['kind'] === kind)
    ?.value;
const stateOf = async (workflowId: string) => (await workflow.getHandle(workflowId).describe()).status.name;

async function placed(count: number, { ageS = 60 } = {}): Promise<string[]> {
  const rows = await databases.orders.query<{ id: string }>(
    `insert into orders (id, owner_id, price, version, status, fingerprint, correlation_id, created_at)
     select gen_random_uuid(), $1, 5, n, 'IN_PROGRESS', 'five', 'test', now() - $2 * interval '1 second' from generate_series(1, $3) n returning id`,
    [randomUUID(), ageS, count],
  );
  return rows.map(({ id }) => id);
}

test('the auditor starts the workflow of a row that has none, once', async () => {
  const [id] = await placed(1);
  assert.equal(await audit(), 1);
  assert.equal(await stateOf(orderWorkflowId(id!)), 'RUNNING');
  assert.equal(await audit(), 0);
});

test('the auditor skips a new row, whose request may still start the workflow', async () => {
  await placed(1, { ageS: 1 });
  assert.equal(await audit(), 0);
});

test('the auditor starts no workflow for a final order', async () => {
  const [id] = await placed(1);
  await orders.settle(id!, 'SUCCESS', null);
  assert.equal(await audit(), 0);
});

test('the auditor starts a terminated workflow again', async () => {
  const [id] = await placed(1);
  await audit();
  const first = await workflow.getHandle(orderWorkflowId(id!)).describe();
  await workflow.getHandle(orderWorkflowId(id!)).terminate();
  assert.equal(await audit(), 1);
  const second = await workflow.getHandle(orderWorkflowId(id!)).describe();
  assert.deepEqual([second.status.name, second.runId === first.runId], ['RUNNING', false]);
});

test('the auditor checks all rows, across pages', async () => {
  const ids = await placed(250);
  const started: string[] = [];
  const auditor = auditOf([
    { kind: 'order', rows: () => ordersInProgress(orders, async ({ id }) => void started.push(id)) },
  ]);
  assert.equal(await auditor.startMissing(), 250);
  assert.deepEqual(started.sort(), ids.sort());
});

test('the auditor checks all requested cancellations, across pages', async () => {
  const ids = await placed(101);
  await databases.orders.query(`update orders set cancel_cause = 'buyer' where id = any($1)`, [ids]);
  const started: string[] = [];
  const auditor = auditOf([
    { kind: 'cancellation', rows: () => unfinishedCancellations(orders, async ({ id }) => void started.push(id)) },
  ]);
  assert.equal(await auditor.startMissing(), 101);
  assert.deepEqual(started.sort(), ids.sort());
});

test('concurrent auditors start each workflow once', async () => {
  const ids = await placed(20);
  await Promise.all([audit(), audit(), audit()]);
  for (const id of ids) {
    const history = await workflow.getHandle(orderWorkflowId(id)).fetchHistory();
    assert.equal(
      history.events?.filter(({ workflowExecutionStartedEventAttributes }) => workflowExecutionStartedEventAttributes)
        .length,
      1,
    );
  }
  assert.equal(await audit(), 0);
});

test('the auditor starts a requested cancellation and the workflow of its order', async () => {
  const [id] = await placed(1);
  await orders.requestCancellation(id!, 'buyer');
  const source = {
    kind: 'cancellation',
    rows: () => unfinishedCancellations(orders, (order) => saga.startCancellation(order, order.cancelCause!)),
  };
  assert.deepEqual([await auditOf([source]).startMissing(), await auditOf([source]).startMissing()], [1, 0]);
  assert.deepEqual([await stateOf(orderWorkflowId(id!)), await stateOf(cancelWorkflowId(id!))], ['RUNNING', 'RUNNING']);
});

test('the auditor starts the workflow of a profile change once and records that it did', async () => {
  const userId = randomUUID();
  await databases.users.query(
    `insert into profile_changes (user_id, version, created_at) values ($1, 1, now() - interval '1 minute')`,
    [userId],
  );
  const source = {
    kind: 'profile',
    rows: () =>
      unstartedChanges(users, createProfileStarter({ temporal: temporal.client, taskQueue, withinMs: 20_000 })),
  };
  assert.deepEqual([await auditOf([source]).startMissing(), await auditOf([source]).startMissing()], [1, 0]);
  assert.equal(await stateOf(profileWorkflowId(userId, 1)), 'RUNNING');
  assert.deepEqual(await users.unstartedChanges(0, 10), []);
  await workflow.getHandle(profileWorkflowId(userId, 1)).terminate();
});

test('while Temporal is down rounds fail, and the first round afterwards starts the missing workflow', async () => {
  const [id] = await placed(1);
  let attempts = 0;
  let exists: ReconcilerPorts['exists'] = async () => {
    attempts++;
    throw new Error('Temporal is down');
  };
  const running = createReconciler({
    sources: [ofOrders],
    exists: (workflowId) => exists(workflowId),
    log,
    everyMs: 10,
  }).run();
  await eventually(() => assert.ok(attempts > 2));
  exists = createExists(temporal.client);
  await eventually(async () => assert.equal(await stateOf(orderWorkflowId(id!)), 'RUNNING'));
  await running.close();
});

test('a row that cannot be started hides none of the rows behind it, and is started later', async () => {
  const ids = await placed(250);
  const refused = new Set(ids.slice(0, 150));
  const started: string[] = [];
  const source = {
    kind: 'order',
    rows: () =>
      ordersInProgress(orders, async ({ id }) => {
        if (refused.has(id)) throw new Error('Temporal refuses this start');
        started.push(id);
      }),
  };
  const unseen = () => auditOf([source]).startMissing();
  assert.equal(await unseen(), 250 - refused.size);
  assert.deepEqual(started.toSorted(), ids.filter((id) => !refused.has(id)).sort());
  assert.equal(await rowsFailed('order'), refused.size);
  refused.clear();
  started.length = 0;
  assert.equal(await unseen(), 250);
  assert.deepEqual([started.length, await rowsFailed('order')], [250, 0]);
});

test('a row whose workflow cannot be looked up hides none of the rows behind it', async () => {
  const ids = await placed(3);
  const started: string[] = [];
  const source = { kind: 'order', rows: () => ordersInProgress(orders, async ({ id }) => void started.push(id)) };
  const exists = async (workflowId: string) => {
    if (workflowId === orderWorkflowId(ids[0]!)) throw new Error('this workflow cannot be described');
    return false;
  };
  const auditor = createReconciler({ sources: [source], exists, check: temporal.check, log, everyMs: 50 });
  assert.equal(await auditor.startMissing(), 2);
  assert.deepEqual(started.toSorted(), ids.slice(1).sort());
});

test('more than a page of profile changes that cannot be started hide none of the changes behind them', async () => {
  const userIds = Array.from({ length: 230 }, () => randomUUID());
  await databases.users.query(
    `insert into profile_changes (user_id, version, created_at)
     select id, 1, now() - interval '1 hour' + n * interval '1 second' from unnest($1::uuid[]) with ordinality as each (id, n)`,
    [userIds],
  );
  const refused = new Set<string>(userIds.filter((_id, n) => n < 120 || n % 2 === 0));
  const started: string[] = [];
  const source = {
    kind: 'profile',
    rows: () =>
      unstartedChanges(users, async ({ userId }) => {
        if (refused.has(userId)) throw new Error('Temporal refuses this start');
        started.push(userId);
      }),
  };
  assert.equal(await auditOf([source]).startMissing(), userIds.length - refused.size);
  assert.deepEqual(started.toSorted(), userIds.filter((id) => !refused.has(id)).sort());
  const left = await users.unstartedChanges(0, 1000);
  assert.deepEqual(left.map(({ userId }) => userId).sort(), [...refused].sort());
  await databases.users.query('delete from profile_changes');
});

test('a source that cannot be read keeps no other source from its workflows', async () => {
  const [id] = await placed(1);
  const broken = {
    kind: 'profile',
    async *rows(): AsyncGenerator<never> {
      throw new Error('the users database does not answer');
    },
  };
  assert.equal(await auditOf([broken, ofOrders]).startMissing(), 1);
  assert.equal(await stateOf(orderWorkflowId(id!)), 'RUNNING');
});

test('while Temporal does not answer, a round ends at the first row instead of waiting for each', async () => {
  await placed(5);
  let starts = 0;
  const source = {
    kind: 'order',
    rows: () =>
      ordersInProgress(orders, async () => {
        starts++;
        throw new Error('no answer');
      }),
  };
  const check = () => Promise.reject(new Error('Temporal is down'));
  const auditor = createReconciler({ sources: [source], exists: async () => false, check, log, everyMs: 50 });
  await assert.rejects(auditor.startMissing(), /Temporal is down/);
  assert.equal(starts, 1);
});
