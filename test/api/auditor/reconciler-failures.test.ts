/** Rows whose workflow the auditor cannot start. It starts those of all other rows, and tries these again. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { register } from 'prom-client';
import { createReconciler } from '../../../api/auditor/reconciler.ts';
import { ordersInProgress, unstartedChanges } from '../../../api/auditor/unstarted.ts';
import { orderWorkflowId } from '../../../specs/temporal.ts';
import {
  auditOf,
  databases,
  log,
  ofOrders,
  orders,
  placed,
  stateOf,
  temporal,
  users,
} from '../../support/shop/reconciled.ts';

const rowsFailed = async (kind: string) =>
  (await register.getSingleMetric('auditor_rows_failed')!.get()).values.find(({ labels }) => labels['kind'] === kind)
    ?.value;

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
});

test('a source that cannot be read keeps no other source from its workflows', async () => {
  const [id] = await placed(1);
  const broken = {
    kind: 'profile',
    rows: () =>
      unstartedChanges({ ...users, unstartedChanges: () => Promise.reject(new Error('down')) }, async () => {}),
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
