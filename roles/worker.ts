import type { WorkerDeploymentVersion } from '@temporalio/common';
import { createAnnouncementByEvent } from '../activities/announcement/by-event.ts';
import { createActivities } from '../activities/index.ts';
import type { Orders } from '../activities/orders.ts';
import { createPaymentByCall } from '../activities/payment/by-call.ts';
import { createOrderStore } from '../api/orders/store.ts';
import { ConfigFault, group, readerOf, type Reader } from '../lib/config.ts';
import { createHttpClient, type HttpClient } from '../lib/http/client.ts';
import { createEventCodec } from '../lib/kafka/events.ts';
import type { Publisher } from '../lib/kafka/message.ts';
import { createTransport } from '../lib/kafka/transport.ts';
import { temporalReaders, toAddress } from '../lib/temporal/client.ts';
import { createPayloadCodec } from '../lib/temporal/payload-codec.ts';
import type { Activities } from '../specs/temporal.ts';
import { serveCodec, codecReaders } from '../worker/codec-endpoint.ts';
import { bundleWorkflows } from '../worker/host.ts';
import { logged } from '../worker/logged.ts';
import { onlyInWorkflows } from '../worker/only-in-workflows.ts';
import { superviseWorker } from '../worker/supervise.ts';
import { eventDocument } from './contract.ts';
import { serviceIdentity, type ServiceIdentity } from './identity.ts';
import { sagaReaders } from './orders.ts';
import {
  address,
  databaseOf,
  databaseUrl,
  defineRole,
  kafkaReaders,
  runningOf,
  serve,
  urlOf,
  whenEnding,
  type ServiceRole,
} from './role.ts';

/** Longer than the timeout of billing's SQL statements, shorter than the timeout of a regular activity. */
const REQUEST_DEADLINE_MS = 4_000;

export const worker = defineRole({
  name: 'worker',
  readers: (sameProcess) => ({
    ...address('WORKER_PORT'),
    databaseUrl: databaseUrl('orders'),
    billingUrl: urlOf('billing', sameProcess),
    usersUrl: urlOf('users', sameProcess),
    identity: serviceIdentity('worker'),
    orderDeadlineS: sagaReaders.orderDeadlineS,
    temporal: group(temporalReaders),
    kafka: group(kafkaReaders),
    version,
    ...codecReaders,
  }),
  start: async (config, shared) => {
    const temporal = toAddress(config.temporal);
    const workflowBundle = await bundleWorkflows(temporal);
    const database = await databaseOf(config.databaseUrl, shared);
    const orders = createOrderStore(database);
    const transport = createTransport({ ...config.kafka, clientId: 'worker', log: shared.log });
    const publisher = transport.createPublisher();
    const billing = clientOf('billing', config.billingUrl(shared), config.identity);
    const users = clientOf('users', config.usersUrl(shared), config.identity);
    const { orderDeadlineS } = config;
    const activities = activitiesOver({ billing, users, orders, publisher, orderDeadlineS });

    const { taskQueue } = config.temporal;
    const host = superviseWorker(
      {
        ...temporal,
        taskQueue,
        activities: onlyInWorkflows(logged(activities, shared.log)),
        workflowBundle,
        version: config.version,
      },
      shared.log,
    );
    const checks = [
      { name: 'worker', probe: host.isPolling, needed: true },
      // While Temporal is down, replacing this worker would not help, and no work is lost.
      { name: 'temporal', probe: host.check, needed: false },
      { name: 'database', probe: database.check, needed: true },
      { name: 'kafka', probe: transport.check, needed: false },
    ];
    const middleware = temporal.payloadKeys
      ? [serveCodec({ codec: createPayloadCodec(temporal.payloadKeys), ...config })]
      : [];
    const listener = await serve(shared, config, { role: 'worker', checks, middleware });
    // The other workers take over at once. But if this process also serves orders, their requests in flight wait for
    // its worker, so the worker polls until they are answered.
    if (!shared.urls.has('orders'))
      whenEnding(shared.ending, () => {
        // `runningOf` closes the host too, and then reports the failure.
        host.close().catch(() => {});
      });
    return runningOf(listener, host, publisher, transport, billing, users, orders, database);
  },
});

const clientOf = (role: ServiceRole, baseUrl: string, { tokensFor }: ServiceIdentity): HttpClient =>
  createHttpClient({ baseUrl, deadlineMs: REQUEST_DEADLINE_MS, token: tokensFor(role) });

/** The activities of the preferable style: payment by call, announcement by event. */
function activitiesOver(ports: {
  billing: HttpClient;
  users: HttpClient;
  orders: Orders;
  publisher: Publisher;
  orderDeadlineS: number;
}): Activities {
  const codec = createEventCodec(eventDocument);
  return createActivities({
    ...ports,
    codec,
    payment: createPaymentByCall(ports.billing),
    announcement: createAnnouncementByEvent({ publisher: ports.publisher, codec }),
  });
}

/** For Temporal's worker versioning, which keeps an order on the release it started on. */
const version: Reader<WorkerDeploymentVersion | undefined> = readerOf(
  ['WORKER_DEPLOYMENT_NAME', 'WORKER_BUILD_ID'].map((name) => ({
    name,
    meaning: "set both or neither: the worker's deployment version; workflows stay on the version that started them",
    fallback: '',
  })),
  ({ WORKER_DEPLOYMENT_NAME: deploymentName, WORKER_BUILD_ID: buildId }) => {
    if (deploymentName && buildId) return { deploymentName, buildId };
    if (deploymentName || buildId)
      throw new ConfigFault('WORKER_DEPLOYMENT_NAME and WORKER_BUILD_ID must be set together, or not at all');
    return undefined;
  },
);
