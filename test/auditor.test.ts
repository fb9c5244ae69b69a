/** The auditor, over real rows and a real Temporal: what should have a workflow has one afterwards, and nothing is started twice. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import { createAuditor, type AuditorPorts } from '../api/auditor/auditor.ts';
import { ordersWithoutEnd, unfinishedCancellations, unstartedChanges } from '../api/auditor/sources.ts';
import { createSaga } from '../api/orders/saga.ts';
import { createOrderStore, type OrderStore } from '../api/orders/store.ts';
import { createUserStore, type UserStore } from '../api/users/store.ts';
import { createProfileStarter } from '../api/users/workflow.ts';
import { createExists } from '../bin/roles/auditor.ts';
import { createLog } from '../lib/log.ts';
import { cancelWorkflowId, orderWorkflowId, profileWorkflowId } from '../specs/identity.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';
import { eventually } from './support/eventually.ts';
import { realTemporal } from './support/temporal.ts';

const log = createLog('silent');
const temporal = realTemporal();
const { workflow } = temporal.client;
// Nobody polls it: what is started stays as it is until a test ends it.
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

const auditOf = (sources: AuditorPorts['sources']) =>
  createAuditor({ sources, exists: createExists(temporal.client), log, everyMs: 50 });
const ofOrders = { kind: 'order', rows: () => ordersWithoutEnd(orders, (order) => saga.start(order)) };
const audit = () => auditOf([ofOrders]).startMissing();
const stateOf = async (workflowId: string) => (await workflow.getHandle(workflowId).describe()).status.name;

/** Orders of one buyer, as rows and nothing else. */
async function placed(count: number, { ageS = 60 } = {}): Promise<string[]> {
  const rows = await databases.orders.query<{ id: string }>(
    `insert into orders (id, owner_id, price, version, status, fingerprint, correlation_id, created_at)
     select gen_random_uuid(), $1, 5, n, 'IN_PROGRESS', 'five', 'test', now() - $2 * interval '1 second' from generate_series(1, $3) n returning id`,
    [randomUUID(), ageS, count],
  );
  return rows.map(({ id }) => id);
}

test('a row without a workflow gets one, once', async () => {
  const [id] = await placed(1);
  assert.equal(await audit(), 1);
  assert.equal(await stateOf(orderWorkflowId(id!)), 'RUNNING');
  assert.equal(await audit(), 0);
});

test('a row that is still in the hands of its request is left to it', async () => {
  await placed(1, { ageS: 1 });
  assert.equal(await audit(), 0);
});

test('an order that has ended needs no workflow', async () => {
  const [id] = await placed(1);
  await orders.settle(id!, 'SUCCESS', null);
  assert.equal(await audit(), 0);
});

test('a workflow that was terminated is started again', async () => {
  const [id] = await placed(1);
  await audit();
  const first = await workflow.getHandle(orderWorkflowId(id!)).describe();
  await workflow.getHandle(orderWorkflowId(id!)).terminate();
  assert.equal(await audit(), 1);
  const second = await workflow.getHandle(orderWorkflowId(id!)).describe();
  assert.deepEqual([second.status.name, second.runId === first.runId], ['RUNNING', false]);
});

test('all rows are looked at, however many have a workflow already', async () => {
  const ids = await placed(250);
  const started: string[] = [];
  const looked = auditOf([
    { kind: 'order', rows: () => ordersWithoutEnd(orders, async ({ id }) => void started.push(id)) },
  ]);
  assert.equal(await looked.startMissing(), 250);
  assert.deepEqual(started.sort(), ids.sort());
});

test('all cancellations that were asked for are looked at too', async () => {
  const ids = await placed(101);
  await databases.orders.query(`update orders set cancel_cause = 'buyer' where id = any($1)`, [ids]);
  const started: string[] = [];
  const looked = auditOf([
    { kind: 'cancellation', rows: () => unfinishedCancellations(orders, async ({ id }) => void started.push(id)) },
  ]);
  assert.equal(await looked.startMissing(), 101);
  assert.deepEqual(started.sort(), ids.sort());
});

test('several auditors at once start each workflow once', async () => {
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

test('a cancellation that was asked for and not begun is begun, and so is the order that it takes back', async () => {
  const [id] = await placed(1);
  await orders.requestCancellation(id!, 'buyer');
  const source = {
    kind: 'cancellation',
    rows: () => unfinishedCancellations(orders, (order) => saga.startCancellation(order, order.cancelCause!)),
  };
  assert.deepEqual([await auditOf([source]).startMissing(), await auditOf([source]).startMissing()], [1, 0]);
  assert.deepEqual([await stateOf(orderWorkflowId(id!)), await stateOf(cancelWorkflowId(id!))], ['RUNNING', 'RUNNING']);
});

test('a change of a profile that was not started is started and noted, and not looked at again', async () => {
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

test('while Temporal is away rounds are cut short, and the next one after it is back starts what is missing', async () => {
  const [id] = await placed(1);
  let asked = 0;
  let exists: AuditorPorts['exists'] = async () => {
    asked++;
    throw new Error('Temporal is away');
  };
  const running = createAuditor({
    sources: [ofOrders],
    exists: (workflowId) => exists(workflowId),
    log,
    everyMs: 10,
  }).run();
  await eventually(() => assert.ok(asked > 2));
  exists = createExists(temporal.client);
  await eventually(async () => assert.equal(await stateOf(orderWorkflowId(id!)), 'RUNNING'));
  await running.close();
});
