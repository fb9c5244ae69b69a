/** Rows without workflows, and auditors that start them, for the importing test file. */
import { randomUUID } from 'node:crypto';
import { after, afterEach } from 'node:test';
import { createReconciler, type ReconcilerPorts } from '../../../api/auditor/reconciler.ts';
import { ordersInProgress } from '../../../api/auditor/unstarted.ts';
import { createOrderStore } from '../../../api/orders/store.ts';
import { createSaga } from '../../../api/orders/workflow.ts';
import { createUserStore } from '../../../api/users/store.ts';
import { createLog } from '../../../lib/log.ts';
import { createExists } from '../../../lib/temporal/exists.ts';
import { cancelWorkflowId, orderWorkflowId } from '../../../specs/temporal.ts';
import { createDatabase } from '../postgres/database.ts';
import { realTemporal } from '../temporal/server.ts';

export const log = createLog('silent');
export const temporal = realTemporal();
export const { workflow } = temporal.client;
// No worker polls this queue, so a started workflow stays as it is until a test ends it.
export const taskQueue = `test-${randomUUID()}`;
export const saga = createSaga({
  temporal: temporal.client,
  taskQueue,
  answerDeadlineMs: 20_000,
  orderDeadlineS: 60,
  charge: 'local',
  log,
});
export const databases = { orders: await createDatabase('orders'), users: await createDatabase('users') };
export const orders = createOrderStore(databases.orders);
export const users = createUserStore(databases.users);

afterEach(async () => {
  await databases.users.query('delete from profile_changes');
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

export const auditOf = (sources: ReconcilerPorts['sources']) =>
  createReconciler({ sources, exists: createExists(temporal.client), check: temporal.check, log, everyMs: 50 });
export const ofOrders = { kind: 'order', rows: () => ordersInProgress(orders, (order) => saga.start(order)) };
export const stateOf = async (workflowId: string) => (await workflow.getHandle(workflowId).describe()).status.name;

/** Inserts orders of one buyer, oldest first. */
export async function placed(count: number, { ageS = 60 } = {}): Promise<string[]> {
  const rows = await databases.orders.query<{ id: string }>(
    `insert into orders (id, owner_id, price, version, status, fingerprint, correlation_id, created_at)
     select gen_random_uuid(), $1, 5, n, 'IN_PROGRESS', 'five', 'test', now() - ($2 * 1000 - n) * interval '1 millisecond'
     from generate_series(1, $3) n returning id`,
    [randomUUID(), ageS, count],
  );
  return rows.map(({ id }) => id);
}
