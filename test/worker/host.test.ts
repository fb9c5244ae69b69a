import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import { worker } from '../../roles/worker.ts';
import type { Activities } from '../../specs/temporal.ts';
import { hostWorkflows } from '../../worker/host.ts';
import { eventually } from '../support/eventually.ts';
import { startLink } from '../support/fakes/link.ts';
import { activitiesOf, createWorld } from '../support/fakes/world.ts';
import { env, startOrder } from '../support/temporal/server.ts';
import { temporal } from '../support/temporal/workflows.ts';

/** The number of the versioning behaviour `PINNED` in Temporal's API. */
const PINNED = 1;

test('an order finishes on the release it started on, while new orders start on the next release', async () => {
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
    const first = await startOrder(temporal.client, taskQueue, early);
    await eventually(() => assert.ok(early.account.chargeRequests > 0));

    hosts.push(await host('two'));
    await makeCurrent(deploymentName, 'two');
    const next = await startOrder(temporal.client, taskQueue, late);
    assert.equal((await next.result()).status, 'SUCCESS');
    early.billingRecovers();
    assert.equal((await first.result()).status, 'SUCCESS');
    assert.deepEqual(await Promise.all([first, next].map(versionOf)), [
      [PINNED, 'one'],
      [PINNED, 'two'],
    ]);
  } finally {
    await Promise.all(hosts.map((each) => each.close()));
  }
});

test("a worker's health check fails while Temporal is unreachable, even after a successful connection", async () => {
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

test('a deployment name without a build id, or the reverse, stops the start', () => {
  for (const name of ['WORKER_DEPLOYMENT_NAME', 'WORKER_BUILD_ID'])
    assert.throws(
      () => worker.configure({ [name]: 'x' }, new Set()),
      /WORKER_DEPLOYMENT_NAME and WORKER_BUILD_ID must be set together, or not at all/,
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

/** Temporal knows a release only after one of its workers has polled. */
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
