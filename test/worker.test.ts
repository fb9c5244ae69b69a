/** A worker: the orders that it keeps, which stay with the release that they began on, and whether it can work. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import type { Activities } from '../activities/index.ts';
import { hostWorkflows } from '../activities/worker.ts';
import { worker } from '../bin/roles/worker.ts';
import { eventually } from './support/eventually.ts';
import { startLink } from './support/link.ts';
import { temporal } from './support/saga-temporal.ts';
import { env, startOrder } from './support/temporal.ts';
import { activitiesOf, createWorld } from './support/world.ts';

/** As Temporal's API numbers it. */
const PINNED = 1;

test('an order that began on one release ends on it, while new ones begin on the next', async () => {
  const [early, late] = [
    createWorld({ charge: 'regular', silentCharge: { takesEffect: false } }),
    createWorld({ charge: 'regular' }),
  ];
  const deploymentName = `shop-${randomUUID()}`;
  const taskQueue = `test-${randomUUID()}`;
  const host = (buildId: string) => hostVersion({ deploymentName, buildId }, taskQueue, activitiesOf([early, late]));
  const hosts = [await host('one')];
  try {
    await makeCurrent(deploymentName, 'one');
    const begun = await startOrder(temporal.client, taskQueue, early);
    await eventually(() => assert.ok(early.account.asked > 0));

    hosts.push(await host('two'));
    await makeCurrent(deploymentName, 'two');
    const next = await startOrder(temporal.client, taskQueue, late);
    assert.equal((await next.result()).status, 'SUCCESS');
    early.billingSpeaks();
    assert.equal((await begun.result()).status, 'SUCCESS');
    assert.deepEqual(await Promise.all([begun, next].map(versionOf)), [
      [PINNED, 'one'],
      [PINNED, 'two'],
    ]);
  } finally {
    await Promise.all(hosts.map((each) => each.close()));
  }
});

test('a worker knows that Temporal is away, also if it had been there', async () => {
  const activities = activitiesOf([createWorld()]);
  const link = await startLink(env('TEMPORAL_ADDRESS'));
  try {
    const host = await hostVersion(
      { deploymentName: `shop-${randomUUID()}`, buildId: 'one' },
      `test-${randomUUID()}`,
      activities,
      link.address,
    );
    try {
      await eventually(() => host.check());
      link.cut();
      await assert.rejects(host.check());
      link.heal();
      await eventually(() => host.check());
    } finally {
      await host.close();
    }
  } finally {
    link.close();
  }
});

test('a name without a build id, or a build id without a name, ends the start', () => {
  for (const name of ['WORKER_DEPLOYMENT_NAME', 'WORKER_BUILD_ID'])
    assert.throws(
      () => worker.configure({ [name]: 'x' }, new Set()),
      /WORKER_DEPLOYMENT_NAME and WORKER_BUILD_ID are set together, or not at all/,
    );
  assert.throws(
    () => worker.configure({ WORKER_DEPLOYMENT_NAME: 'shop', WORKER_BUILD_ID: '1' }, new Set()),
    (fault: Error) => !fault.message.includes('WORKER_BUILD_ID'),
  );
});

const hostVersion = (
  version: WorkerDeploymentVersion,
  taskQueue: string,
  activities: Activities,
  address = env('TEMPORAL_ADDRESS'),
) =>
  hostWorkflows({
    address,
    namespace: 'default',
    tls: false,
    taskQueue,
    activities,
    workflowBundle: { codePath: env('TEST_WORKFLOW_BUNDLE') },
    version,
    onEnd: () => {},
  });

/** Temporal knows a release once a worker of it has polled. */
const makeCurrent = (deploymentName: string, buildId: string) =>
  eventually(() =>
    temporal.client.workflowService.setWorkerDeploymentCurrentVersion({
      namespace: 'default',
      deploymentName,
      buildId,
    }),
  );

async function versionOf(handle: Awaited<ReturnType<typeof startOrder>>): Promise<unknown[]> {
  const { versioningInfo } = (await handle.describe()).raw.workflowExecutionInfo ?? {};
  return [versioningInfo?.behavior, versioningInfo?.deploymentVersion?.buildId];
}
