import { createSaga, type Saga } from '../api/orders/workflow.ts';
import { createOrderStore, type OrderStore } from '../api/orders/store.ts';
import { readConfig, text, type Env } from '../lib/config.ts';
import { databaseFault, openDatabase } from '../lib/database.ts';
import { createLog } from '../lib/log.ts';
import { createTemporal, temporalReaders, toAddress, type Temporal } from '../lib/temporal/client.ts';
import { sagaReaders } from '../roles/orders.ts';
import { reasonOf } from './lookup.ts';
import { createJournal, type Journal } from './journal.ts';

export interface Tools {
  store: OrderStore;
  saga: Saga;
  temporal: Temporal;
  /** Distinguishes installations that share a namespace. */
  taskQueue: string;
  journal: Journal;
}

const CONNECTIONS_MAX = 2;

/**
 * Opens the tools for the duration of `act`, which must await every Temporal call: closing during one ends the
 * process.
 */
export async function withTools<T>(env: Env, act: (tools: Tools) => Promise<T>): Promise<T> {
  const config = readConfig(env, {
    ...sagaReaders,
    ordersUrl: text('ORDERS_DATABASE_URL'),
    temporal: (all) => readConfig(all, temporalReaders),
  });
  const { taskQueue } = config.temporal;
  const database = openDatabase(config.ordersUrl, { size: CONNECTIONS_MAX });
  const store = createOrderStore(database);
  const journal = createJournal(database);
  const temporal = createTemporal(toAddress(config.temporal));
  const saga = createSaga({ ...config, temporal: temporal.client, taskQueue, log: createLog('silent') });
  try {
    return await act({ store, saga, temporal, taskQueue, journal });
  } catch (error) {
    const fault = databaseFault(error);
    if (fault !== 'unavailable' && fault !== 'timeout') throw error;
    throw new Error(`the orders database does not answer: ${reasonOf(error)}`, { cause: error });
  } finally {
    await temporal.close();
    await Promise.all([store.close(), journal.close()]);
    await database.close();
  }
}
