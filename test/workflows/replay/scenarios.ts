import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { createProfileStarter } from '../../../api/users/workflow.ts';
import { profileWorkflowId, orderWorkflowId, cancelWorkflowId, type Activities } from '../../../specs/temporal.ts';
import { eventually } from '../../support/eventually.ts';
import { createProfileWorld } from '../../support/fakes/profile-world.ts';
import { createWorld, type World } from '../../support/fakes/world.ts';
import { cancelAndWait, awaitOutcome, startOrder, withWorker } from '../../support/temporal/server.ts';

/** Runs a workflow to its end and returns its id. */
export type Scenario = (client: Client) => Promise<string>;

/** A step that takes this long exceeds the time limit of a local attempt. */
const SLOW_MS = 2_500;
/** A failing step counts as stuck after nine attempts. */
const STUCK_ATTEMPTS = 9;

/** Together, the scenarios take every path of every workflow. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  'order-success-local': (client) => placed(client, createWorld()),
  'order-success-regular': (client) => placed(client, createWorld({ charge: 'regular' })),
  'order-declined-local': (client) => placed(client, createWorld({ balance: 10 })),
  'order-declined-regular': (client) => placed(client, createWorld({ balance: 10, charge: 'regular' })),
  'order-slow-billing': (client) => slowly(client, 'chargeOrder'),
  'order-slow-settlement': (client) => slowly(client, 'settleOrder'),
  'order-charge-refused-for-good': (client) => {
    const world = createWorld();
    const refuse = () =>
      Promise.reject(
        ApplicationFailure.nonRetryable("billing holds another request under this order's key", 'KeyReused'),
      );
    return placed(client, world, { ...world.activities, chargeOrder: refuse });
  },
  'order-announcement-retried': (client) =>
    placed(client, createWorld({ loseAnswerOf: { step: 'announceOrder', times: 2 } })),
  'order-deadline': (client) => placed(client, silent({ deadlineS: 2 })),
  'order-stuck-charge': (client) =>
    placed(client, createWorld({ charge: 'regular', loseAnswerOf: { step: 'chargeOrder', times: STUCK_ATTEMPTS } })),
  'order-stuck-settlement': (client) =>
    placed(client, createWorld({ loseAnswerOf: { step: 'settleOrder', times: STUCK_ATTEMPTS + 1 } })),
  'order-stuck-announcement': (client) =>
    placed(client, createWorld({ loseAnswerOf: { step: 'announceOrder', times: STUCK_ATTEMPTS } })),
  'order-stuck-until-deadline': (client) => placed(client, silent({ deadlineS: 67 })),
  'order-cancelled-by-operator': async (client) => {
    const world = silent();
    return withWorker(world.activities, async (taskQueue) => {
      const handle = await startOrder(client, taskQueue, world);
      await eventually(
        () => world.account.chargeRequests > 0 || Promise.reject(new Error('no charge request has reached billing')),
      );
      await handle.cancel();
      return ended(client, handle.workflowId);
    });
  },
  'order-cancelled-before-charge': (client) => cancelledBefore(client, ({ orderId }) => orderWorkflowId(orderId)),
  'cancellation-before-charge': (client) => cancelledBefore(client, ({ orderId }) => cancelWorkflowId(orderId)),
  'cancellation-after-success': (client) => cancelledAfter(client, createWorld()),
  'cancellation-after-decline': (client) => cancelledAfter(client, createWorld({ balance: 10 })),
  'cancellation-stuck': (client) =>
    cancelledAfter(client, createWorld({ loseAnswerOf: { step: 'cancelCharge', times: STUCK_ATTEMPTS } })),
  'profile-created': (client) => changed(client, createProfileWorld()),
  'profile-changed': (client) => changed(client, createProfileWorld({ version: 2, usersAnswersFirst: [503] })),
  'profile-deleted': (client) =>
    changed(client, Object.assign(createProfileWorld({ version: 3 }), { profile: undefined, deletedVersion: 3 })),
};

const silent = ({ deadlineS }: { deadlineS?: number } = {}) =>
  createWorld({
    silentCharge: { takesEffect: true },
    charge: 'regular',
    ...(deadlineS !== undefined && { deadlineS }),
  });

async function ended(client: Client, workflowId: string): Promise<string> {
  await client.workflow.getHandle(workflowId).result();
  return workflowId;
}

const placed = (client: Client, world: World, activities = world.activities): Promise<string> =>
  withWorker(activities, async (taskQueue) => {
    await awaitOutcome(client, taskQueue, world);
    return ended(client, orderWorkflowId(world.orderId));
  });

/** The first attempt of the step, a local one, times out. A regular activity follows. */
async function slowly(client: Client, step: 'chargeOrder' | 'settleOrder'): Promise<string> {
  const world = createWorld();
  const act = world.activities[step] as (input: unknown) => Promise<never>;
  let delayMs = SLOW_MS;
  const slow = async (input: unknown) => {
    const thisDelayMs = delayMs;
    delayMs = 0;
    await sleep(thisDelayMs);
    return act(input);
  };
  return placed(client, world, { ...world.activities, [step]: slow });
}

async function cancelledBefore(client: Client, workflowIdOf: (world: World) => string): Promise<string> {
  const world = createWorld({ silentCharge: { takesEffect: false }, charge: 'regular' });
  return withWorker(world.activities, async (taskQueue) => {
    const waiting = awaitOutcome(client, taskQueue, world);
    await cancelAndWait(client, taskQueue, world);
    world.billingRecovers();
    await waiting;
    await ended(client, orderWorkflowId(world.orderId));
    await ended(client, cancelWorkflowId(world.orderId));
    return workflowIdOf(world);
  });
}

const cancelledAfter = (client: Client, world: World): Promise<string> =>
  withWorker(world.activities, async (taskQueue) => {
    await awaitOutcome(client, taskQueue, world);
    await cancelAndWait(client, taskQueue, world);
    return ended(client, cancelWorkflowId(world.orderId));
  });

const changed = (
  client: Client,
  world: ReturnType<typeof createProfileWorld>,
  version = world.profile?.version ?? 3,
): Promise<string> =>
  withWorker(world.activities as Activities, async (taskQueue) => {
    await createProfileStarter({ temporal: client, taskQueue })({ userId: world.userId, version });
    return ended(client, profileWorkflowId(world.userId, version));
  });
