/**
 * The order workflow does not depend on how orders are paid and announced: it also runs with these adapters, which use
 * neither HTTP nor Kafka.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAnnouncementActivities } from '../../activities/announce.ts';
import type { Announcement } from '../../activities/announcement/port.ts';
import { createChargeActivities } from '../../activities/charge.ts';
import type { Payment } from '../../activities/payment/port.ts';
import type { Activities, AnnouncementRequest, ChargeOutcome } from '../../specs/temporal.ts';
import { stepsOf } from '../../workflows/step-table.ts';
import { createWorld, losingAnswers } from '../support/fakes/world.ts';
import { awaitOutcome, cancelAndWait, withWorker } from '../support/temporal/server.ts';
import { temporal } from '../support/temporal/workflows.ts';

/** Pays from one balance in memory, with one outcome per order. */
function createPaymentInMemory(balance: number) {
  const outcomes = new Map<string, ChargeOutcome>();
  const account = { balance, charges: 0 };
  const payment: Payment = {
    async charge({ orderId, price }) {
      const earlier = outcomes.get(orderId);
      if (earlier) return earlier;
      const outcome: ChargeOutcome = { outcome: account.balance >= price ? 'CHARGED' : 'DECLINED' };
      if (outcome.outcome === 'CHARGED') Object.assign(account, { balance: account.balance - price, charges: 1 });
      outcomes.set(orderId, outcome);
      return outcome;
    },
    async cancelCharge({ orderId, cause }) {
      const earlier = outcomes.get(orderId);
      if (earlier?.outcome === 'CHARGED') account.balance = balance;
      if (earlier && earlier.outcome !== 'CHARGED') return earlier;
      const outcome: ChargeOutcome = { outcome: earlier ? 'REFUNDED' : 'CANCELLED', cause };
      outcomes.set(orderId, outcome);
      return outcome;
    },
  };
  return { account, payment };
}

/** Keeps announcements in memory and drops repeated ones, as receivers do. */
function createAnnouncementInMemory() {
  const announced = new Map<string, AnnouncementRequest['status']>();
  const announcement: Announcement = {
    announce: async ({ orderId, status }) => void announced.set(`${orderId}/${status}`, status),
  };
  return { announcement, statuses: () => [...announced.values()] };
}

function createInMemory(balance = 100) {
  const world = createWorld();
  const { account, payment } = createPaymentInMemory(balance);
  const { announcement, statuses } = createAnnouncementInMemory();
  const orders = { find: async () => ({ ...world.row }) };
  const activities: Activities = {
    ...world.activities,
    ...createChargeActivities({ payment, orders, orderDeadlineS: 0 }),
    ...createAnnouncementActivities({ announcement, orders }),
  };
  return { world, account, activities, statuses };
}

for (const step of stepsOf('order')) {
  test(`with other adapters, an order whose ${step} loses its answer is charged and announced once`, async () => {
    const { world, account, activities, statuses } = createInMemory();
    await withWorker(losingAnswers(activities, step, 2), async (taskQueue) => {
      assert.equal((await awaitOutcome(temporal.client, taskQueue, world)).status, 'SUCCESS');
      await temporal.client.workflow.getHandle(`order-${world.orderId}`).result();
    });
    assert.deepEqual([account, world.row.status, statuses()], [{ balance: 70, charges: 1 }, 'SUCCESS', ['SUCCESS']]);
  });
}

test('with other adapters, an order above the balance fails', async () => {
  const { world, account, activities } = createInMemory(10);
  await withWorker(activities, async (taskQueue) => {
    const { status, reason } = await awaitOutcome(temporal.client, taskQueue, world);
    assert.deepEqual([status, reason, account.balance], ['FAILED', 'insufficient-funds', 10]);
  });
});

test('with other adapters, a succeeded order is cancelled and refunded', async () => {
  const { world, account, activities, statuses } = createInMemory();
  await withWorker(activities, async (taskQueue) => {
    await awaitOutcome(temporal.client, taskQueue, world);
    world.row.cancelCause = 'buyer';
    assert.equal((await cancelAndWait(temporal.client, taskQueue, world)).status, 'CANCELLED');
    await temporal.client.workflow.getHandle(`cancel-${world.orderId}`).result();
  });
  assert.deepEqual([account.balance, statuses()], [100, ['SUCCESS', 'CANCELLED']]);
});
