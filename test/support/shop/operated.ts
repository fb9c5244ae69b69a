import { after } from 'node:test';
import { orderCommand } from '../../../operator/order/command.ts';
import { orderWorkflowId } from '../../../specs/temporal.ts';
import { freePort } from '../free-port.ts';
import { realTemporal } from '../temporal/server.ts';
import { startLinkedShop } from './linked.ts';

const auditorPort = await freePort();

export const temporal = realTemporal();

/** The running shop of the importing test file. */
export const shop = await startLinkedShop({ AUDITOR_PORT: String(auditorPort), STUCK_AFTER_S: '1' });

after(async () => {
  await shop.stop();
  await temporal.close();
});

/** Runs `npm run order`. */
export const run = (...words: string[]) => orderCommand(words, shop.env);

export const because = (why: string, ...more: string[]) => ['--reason', why, ...more];

/** Recorded operator actions, oldest first. */
export const acts = (subject: string) =>
  shop.databases.orders.query<{ operator: string; act: string; reason: string; outcome: string }>(
    'select operator, act, reason, outcome from operator_acts where subject = $1 order by at',
    [subject],
  );

/** Number of stuck orders by what they wait for. */
export const stuckMetric = async () => {
  const metrics = await (await fetch(`http://127.0.0.1:${auditorPort}/metrics`)).text();
  return Object.fromEntries(
    [...metrics.matchAll(/^orders_stuck\{waits_for="(\w+)"\} (\S+)$/gm)].map(([, kind, count]) => [kind, count]),
  );
};

export const handleOf = (orderId: string) => temporal.client.workflow.getHandle(orderWorkflowId(orderId));
