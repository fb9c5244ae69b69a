import { createReconciler } from '../api/auditor/reconciler.ts';
import { ordersInProgress, unfinishedCancellations, unstartedChanges } from '../api/auditor/unstarted.ts';
import { createOrderStore } from '../api/orders/store.ts';
import { createSaga } from '../api/orders/workflow.ts';
import { createUserStore } from '../api/users/store.ts';
import { createProfileStarter } from '../api/users/workflow.ts';
import { group, wholeNumber } from '../lib/config.ts';
import { createTemporal, temporalReaders, toAddress } from '../lib/temporal/client.ts';
import { createExists } from '../lib/temporal/exists.ts';
import { startWatch, watchReaders } from './audit-watch.ts';
import { sagaReaders } from './orders.ts';
import { address, databaseOf, databaseUrl, defineRole, runningOf, serve } from './role.ts';

export const auditor = defineRole({
  name: 'auditor',
  readers: () => ({
    ...address('AUDITOR_PORT'),
    ...sagaReaders,
    ...watchReaders,
    everyMs: wholeNumber('AUDIT_EVERY_MS', 'pause between two searches for rows without a workflow', {
      min: 100,
      max: 3_600_000,
      otherwise: 2_000,
    }),
    ordersUrl: databaseUrl('orders'),
    usersUrl: databaseUrl('users'),
    temporal: group(temporalReaders),
  }),
  start: async (config, shared) => {
    const databases = {
      orders: await databaseOf(config.ordersUrl, shared),
      users: await databaseOf(config.usersUrl, shared),
    };
    const orders = createOrderStore(databases.orders);
    const users = createUserStore(databases.users);
    const temporal = createTemporal(toAddress(config.temporal));
    const { taskQueue } = config.temporal;
    const saga = createSaga({ ...config, temporal: temporal.client, taskQueue, log: shared.log });
    const startProfile = createProfileStarter({ temporal: temporal.client, taskQueue });
    const reconciling = createReconciler({
      sources: [
        { kind: 'order', rows: () => ordersInProgress(orders, saga.start) },
        {
          kind: 'cancellation',
          rows: () => unfinishedCancellations(orders, (order) => saga.startCancellation(order, order.cancelCause!)),
        },
        { kind: 'profile', rows: () => unstartedChanges(users, startProfile) },
      ],
      exists: createExists(temporal.client),
      check: temporal.check,
      log: shared.log,
      everyMs: config.everyMs,
    }).run();
    const watch = startWatch({ config, databases, temporal: temporal.client, taskQueue, shared });
    const checks = [
      { name: 'orders database', probe: databases.orders.check, needed: true },
      { name: 'users database', probe: databases.users.check, needed: true },
      { name: 'temporal', probe: temporal.checkForOrders, needed: false },
    ];
    const listener = await serve(shared, config, { role: 'auditor', checks });
    return runningOf(listener, reconciling, watch, temporal, orders, users, databases.orders, databases.users);
  },
});
