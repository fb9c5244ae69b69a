import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after } from 'node:test';
import { orderCommand } from '../../../operator/order/command.ts';
import { orderWorkflowId } from '../../../specs/temporal.ts';
import { eventually } from '../eventually.ts';
import { createDatabase } from '../postgres/database.ts';
import { env, realTemporal, silentRuntime } from '../temporal/server.ts';

silentRuntime();

/** Each test file that imports this module gets a separate Temporal client and a separate orders database. */
export const temporal = realTemporal();
export const orders = await createDatabase('orders');
after(async () => {
  await temporal.close();
  await orders.close();
});

/** Variables of an installation on this task queue. */
export const installation = (taskQueue = `test-${randomUUID()}`) => ({
  ORDERS_DATABASE_URL: orders.url,
  TEMPORAL_ADDRESS: env('TEMPORAL_ADDRESS'),
  TEMPORAL_TASK_QUEUE: taskQueue,
});

export const stuck = (variables: Record<string, string>, ...words: string[]) =>
  orderCommand(['--stuck', ...words], variables);

export const retry = (variables: Record<string, string>, id: string, ...words: string[]) =>
  orderCommand(['retry', id, '--reason', 'a test', ...words], variables);

export const handleOf = (id: string) => temporal.client.workflow.getHandle(orderWorkflowId(id));

/** Waits until the order's line in the list of stuck orders matches the pattern. */
export const listed = (variables: Record<string, string>, id: string, pattern: RegExp) =>
  eventually(async () => {
    const { text } = await stuck(variables, '--longer-than', '0');
    assert.match(text.split('\n').find((line) => line.includes(id)) ?? text, pattern);
  });
