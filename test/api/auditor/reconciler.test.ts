import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { createReconciler, type ReconcilerPorts } from '../../../api/auditor/reconciler.ts';
import { ordersInProgress, unfinishedCancellations, unstartedChanges } from '../../../api/auditor/unstarted.ts';
import { createProfileStarter } from '../../../api/users/workflow.ts';
import { createExists } from '../../../lib/temporal/exists.ts';
import { profileWorkflowId, orderWorkflowId, cancelWorkflowId } from '../../../specs/temporal.ts';
import { eventually } from '../../support/eventually.ts';
import {
  auditOf,
  databases,
  log,
  ofOrders,
  orders,
  placed,
  saga,
  stateOf,
  taskQueue,
  temporal,
  users,
  workflow,
} from '../../support/shop/reconciled.ts';

const audit = () => auditOf([ofOrders]).startMissing();

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
