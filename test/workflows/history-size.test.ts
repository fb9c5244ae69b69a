import assert from 'node:assert/strict';
import { test } from 'node:test';
import { orderWorkflowId, cancelWorkflowId } from '../../specs/temporal.ts';
import { activitiesOf, createWorld } from '../support/fakes/world.ts';
import { cancelAndWait, awaitOutcome, withWorker } from '../support/temporal/server.ts';
import { temporal } from '../support/temporal/workflows.ts';

/** Several orders run, because an unwanted event may occur in only some of them. */
const ORDERS = 5;
const EVENTS = { local: 16, regular: 26, cancellation: 26 } as const;

for (const charge of ['local', 'regular'] as const) {
  test(`an undisturbed order makes one charge, one announcement and ${EVENTS[charge]} events (${charge})`, async () => {
    const worlds = Array.from({ length: ORDERS }, () => createWorld({ charge }));
    await withWorker(activitiesOf(worlds), async (taskQueue) => {
      await Promise.all(worlds.map((world) => awaitOutcome(temporal.client, taskQueue, world)));
      for (const { orderId, account, messages } of worlds) {
        const events = await eventsOf(orderWorkflowId(orderId));
        assert.deepEqual([account.chargeRequests, messages.length, events], [1, 1, EVENTS[charge]]);
      }
    });
  });
}

test(`an undisturbed cancellation makes one more announcement and ${EVENTS.cancellation} events`, async () => {
  const world = createWorld();
  await withWorker(world.activities, async (taskQueue) => {
    await awaitOutcome(temporal.client, taskQueue, world);
    await cancelAndWait(temporal.client, taskQueue, world);
    const events = await eventsOf(cancelWorkflowId(world.orderId));
    assert.deepEqual([world.account.chargeRequests, world.messages.length, events], [1, 2, EVENTS.cancellation]);
  });
});

async function eventsOf(workflowId: string): Promise<number> {
  const handle = temporal.client.workflow.getHandle(workflowId);
  await handle.result();
  return (await handle.fetchHistory()).events!.length;
}
