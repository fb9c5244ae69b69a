import { createBillingAuditView } from '../api/billing/audit-view.ts';
import { createNotificationAuditView } from '../api/notifications/audit-view.ts';
import { createUndeliverableStore } from '../api/notifications/undeliverable-store.ts';
import { createOrderAuditView } from '../api/orders/audit-view.ts';
import { createOperatorActStore } from '../api/orders/operator-act-store.ts';
import { createOrderStore } from '../api/orders/store.ts';
import { createSaga } from '../api/orders/workflow.ts';
import { readConfig, type Env } from '../lib/config.ts';
import { openDatabase } from '../lib/database.ts';
import { createLog } from '../lib/log.ts';
import { createTemporal, temporalReaders, toAddress } from '../lib/temporal/client.ts';
import { sagaReaders } from '../roles/orders.ts';
import { databaseUrl, kafkaReaders, type ServiceRole } from '../roles/role.ts';
import { createJournal } from './journal.ts';

const CONNECTIONS_MAX = 2;

export type Installation = ReturnType<typeof openInstallation>['parts'];

/**
 * Runs `act` with the installation's databases, Temporal and Kafka. Each is opened when it is first used, so that a
 * command works without the parts that it does not need. `act` must await every Temporal call: closing the connection
 * during one throws an error that cannot be caught.
 */
export async function withInstallation<T>(env: Env, act: (installation: Installation) => Promise<T>): Promise<T> {
  const { parts, close } = openInstallation(env);
  try {
    return await act(parts);
  } finally {
    await close();
  }
}

function openInstallation(env: Env) {
  const opened: Array<{ close(): Promise<unknown> }> = [];
  const once = <T extends { close(): Promise<unknown> }>(open: () => T): (() => T) => {
    let part: T | undefined;
    return () => {
      if (part) return part;
      part = open();
      opened.push(part);
      return part;
    };
  };
  const database = (service: ServiceRole) =>
    once(() => openDatabase(databaseUrl(service)(env), { size: CONNECTIONS_MAX }));
  const orders = database('orders');
  const billing = database('billing');
  const notifications = database('notifications');
  const temporal = once(() => createTemporal(toAddress(readConfig(env, temporalReaders))));
  const parts = {
    temporal,
    /** Distinguishes installations that share a namespace. */
    taskQueue: () => temporalReaders.taskQueue(env),
    kafka: () => readConfig(env, kafkaReaders),
    store: once(() => createOrderStore(orders())),
    orders: once(() => createOrderAuditView(orders())),
    billing: once(() => createBillingAuditView(billing())),
    notifications: once(() => createNotificationAuditView(notifications())),
    mails: once(() => createUndeliverableStore(notifications())),
    journal: once(() => createJournal(createOperatorActStore(orders()))),
    saga: () =>
      createSaga({
        ...readConfig(env, sagaReaders),
        temporal: temporal().client,
        taskQueue: parts.taskQueue(),
        log: createLog('silent'),
      }),
  };
  return {
    parts,
    async close() {
      // A part that cannot be closed must not hide the command's result.
      for (const part of opened.toReversed()) await part.close().catch(() => {});
    },
  };
}
