import { ordersApi } from '../api/orders/app.ts';
import { createOrderStore } from '../api/orders/store.ts';
import { createSaga } from '../api/orders/workflow.ts';
import { group, oneOf, wholeNumber } from '../lib/config.ts';
import { createTemporal, temporalReaders, toAddress } from '../lib/temporal/client.ts';
import { restDocument } from './contract.ts';
import { verifierOf, verifierReaders } from './identity.ts';
import { address, databaseOf, databaseUrl, defineRole, runningOf, serve } from './role.ts';

/** Settings of a role that starts order workflows. */
export const sagaReaders = {
  answerDeadlineMs: wholeNumber(
    'ANSWER_DEADLINE_MS',
    'how long placing or cancelling an order waits for the outcome before it answers 202',
    { min: 100, max: 25_000, otherwise: 5_000 },
  ),
  orderDeadlineS: wholeNumber('ORDER_DEADLINE_S', 'how long billing may stay silent before an order fails', {
    min: 1,
    max: 30 * 86_400,
    otherwise: 86_400,
  }),
  charge: oneOf(
    'CHARGE_ACTIVITY',
    '`local`: charge and settle run inside the workflow task; `regular`: each runs as a separate activity task',
    ['local', 'regular'],
    'local',
  ),
};

export const orders = defineRole({
  name: 'orders',
  readers: (sameProcess) => ({
    ...address('ORDERS_PORT'),
    ...verifierReaders(sameProcess),
    ...sagaReaders,
    databaseUrl: databaseUrl('orders'),
    inFlightMax: wholeNumber('ORDERS_IN_FLIGHT_MAX', 'concurrent `POST /orders` per process; more get 503', {
      min: 1,
      max: 100_000,
      otherwise: 256,
    }),
    waitingMax: wholeNumber('ORDERS_WAITING_MAX', 'orders in progress in total; beyond that, new orders get 503', {
      min: 1,
      max: 100_000_000,
      otherwise: 10_000,
    }),
    temporal: group(temporalReaders),
  }),
  start: async (config, shared) => {
    const database = await databaseOf(config.databaseUrl, shared);
    const store = createOrderStore(database);
    const temporal = createTemporal(toAddress(config.temporal));
    const saga = createSaga({
      ...config,
      temporal: temporal.client,
      taskQueue: config.temporal.taskQueue,
      log: shared.log,
    });
    const api = ordersApi({
      store,
      saga,
      limits: config,
      document: restDocument,
      verify: verifierOf('orders', config, shared),
    });
    const checks = [
      { name: 'database', probe: database.check, needed: true },
      { name: 'temporal', probe: temporal.checkForOrders, needed: false },
    ];
    const listener = await serve(shared, config, { role: 'orders', checks, middleware: [api] });
    return runningOf(listener, temporal, store, database);
  },
});
