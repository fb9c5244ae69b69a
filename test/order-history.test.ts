/** What an order costs that nothing disturbs: every event is a row that Temporal writes, and keeps. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cancelWorkflowId, orderWorkflowId } from '../specs/identity.ts';
import { temporal } from './support/saga-temporal.ts';
import { askCancellation, askOutcome, withWorker } from './support/temporal.ts';
import { activitiesOf, createWorld } from './support/world.ts';

/** Some at once: an event that only comes now and then is one too many. */
const ORDERS = 5;
/** A change of these numbers is a change of what every order costs. */
const EVENTS = { local: 16, regular: 26, cancellation: 26 } as const;

for (const charge of ['local', 'regular'] as const) {
  test(`an undisturbed order makes one charge, one announcement and ${EVENTS[charge]} events (${charge})`, async () => {
    const worlds = Array.from({ length: ORDERS }, () => createWorld({ charge }));
    await withWorker(activitiesOf(worlds), async (taskQueue) => {
      await Promise.all(worlds.map((world) => askOutcome(temporal.client, taskQueue, world)));
      for (const { orderId, account, messages } of worlds) {
        const events = await eventsOf(orderWorkflowId(orderId));
        assert.deepEqual([account.asked, messages.length, events], [1, 1, EVENTS[charge]]);
      }
    });
  });
}

test(`an undisturbed cancellation makes one announcement more and ${EVENTS.cancellation} events`, async () => {
  const world = createWorld();
  await withWorker(world.activities, async (taskQueue) => {
    await askOutcome(temporal.client, taskQueue, world);
    await askCancellation(temporal.client, taskQueue, world);
    const events = await eventsOf(cancelWorkflowId(world.orderId));
    assert.deepEqual([world.account.asked, world.messages.length, events], [1, 2, EVENTS.cancellation]);
  });
});

/** How many events the workflow has at its end. */
async function eventsOf(workflowId: string): Promise<number> {
  const handle = temporal.client.workflow.getHandle(workflowId);
  await handle.result();
  return (await handle.fetchHistory()).events!.length;
}
