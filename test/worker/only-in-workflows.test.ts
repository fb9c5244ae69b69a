import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createWorld } from '../support/fakes/world.ts';
import { onlyInWorkflows } from '../../worker/only-in-workflows.ts';

test('an activity that was started without a workflow is refused and has no effect', async () => {
  const world = createWorld();
  const { settleOrder, chargeOrder } = onlyInWorkflows(world.activities);
  const alone = () => new MockActivityEnvironment({ inWorkflow: false });
  const settled = { orderId: world.orderId, status: 'SUCCESS', reason: null } as const;
  await assert.rejects(alone().run(settleOrder, settled), /settleOrder may be started only by a workflow/);
  await assert.rejects(alone().run(chargeOrder, world.input), { type: 'NotInWorkflow', nonRetryable: true });
  assert.deepEqual([world.row.status, world.chargedTo], ['IN_PROGRESS', []]);
  assert.deepEqual(await new MockActivityEnvironment().run(chargeOrder, world.input), { outcome: 'CHARGED' });
});
