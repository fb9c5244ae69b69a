import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { after } from 'node:test';
import { eventually } from '../eventually.ts';
import { createDatabase } from '../postgres/database.ts';
import { env } from '../temporal/server.ts';

export const topicPrefix = `test-${randomUUID()}.`;

/** The databases of the importing test file. */
export const databases = {
  orders: await createDatabase('orders'),
  billing: await createDatabase('billing'),
  notifications: await createDatabase('notifications'),
};
after(async () => {
  for (const database of Object.values(databases)) await database.close();
});

const installation = {
  ORDERS_DATABASE_URL: databases.orders.url,
  BILLING_DATABASE_URL: databases.billing.url,
  NOTIFICATIONS_DATABASE_URL: databases.notifications.url,
  TEMPORAL_ADDRESS: env('TEMPORAL_ADDRESS'),
  KAFKA_BROKERS: env('KAFKA_BROKERS'),
  KAFKA_TOPIC_PREFIX: topicPrefix,
};

/** Runs `npm run order` with only these environment variables. */
export const runOrder = (words: string[], variables: Record<string, string> = installation) =>
  new Promise<{ code: number; out: string; complaint: string }>((resolve) => {
    execFile(process.execPath, ['bin/order.ts', ...words], { env: variables }, (error, out, complaint) =>
      resolve({ code: Number(error?.code ?? 0), out, complaint }),
    );
  });

/** Repeats the command until no part has timed out on the busy machine. */
export const runOrderComplete = (...words: string[]) =>
  eventually(async () => {
    const result = await runOrder(words);
    assert.doesNotMatch(result.out + result.complaint, /not (be )?read: /);
    return result;
  });

export async function placeRow(
  { orderId, ownerId }: { orderId: string; ownerId: string },
  status: string,
  cancelCause: string | null = null,
): Promise<void> {
  const first = status === 'IN_PROGRESS' ? null : status;
  await databases.orders.query(
    `insert into orders (id, owner_id, price, version, status, first_status, cancel_cause, fingerprint, correlation_id) values ($1, $2, 30, 1, $3, $4, $5, 'f', 'test')`,
    [orderId, ownerId, status, first, cancelCause],
  );
}
