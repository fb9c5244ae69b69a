import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { ServiceName } from '../prisma/migrate.ts';
import { chargeKey } from '../specs/identity.ts';
import type { Responses } from './buyers.ts';

const ANNOUNCED_WITHIN_MS = 60_000;
const POLL_MS = 250;

interface Rows {
  orders: Array<{ id: string; status: string }>;
  charges: Array<{ key: string; outcome: string }>;
  withdrawals: number;
  notifications: Array<{ order_id: string; event_name: string }>;
}

/** Waits up to a minute for all orders to be final and announced, then returns the remaining faults. */
export async function findFaults(urls: Readonly<Record<ServiceName, string>>, responses: Responses): Promise<string[]> {
  const deadline = Date.now() + ANNOUNCED_WITHIN_MS;
  for (;;) {
    const faults = compare(await readRows(urls), responses);
    if (faults.length === 0 || Date.now() > deadline) return faults;
    await sleep(POLL_MS);
  }
}

/** Resolves when the mail of every accepted order is sent, or after a minute. `findFaults` reports what is missing. */
export async function untilAnnounced(
  urls: Readonly<Record<ServiceName, string>>,
  { accepted }: Responses,
): Promise<void> {
  const deadline = Date.now() + ANNOUNCED_WITHIN_MS;
  while (Date.now() < deadline) {
    const [sent] = await select<{ count: number }>(
      urls.notifications,
      `select count(*)::int as count from notifications where status = 'SENT'`,
    );
    if (sent!.count >= accepted.size) return;
    await sleep(POLL_MS);
  }
}

function compare({ orders, charges, withdrawals, notifications }: Rows, { accepted, refused }: Responses): string[] {
  const rows = new Set(orders.map(({ id }) => id));
  const outcomes = new Map(charges.map(({ key, outcome }) => [key, outcome]));
  const announced = new Map(notifications.map((row) => [row.order_id, row.event_name]));
  const counts: ReadonlyArray<readonly [string, number]> = [
    ['accepted orders have no row', [...accepted].filter((id) => !rows.has(id)).length],
    ['orders exist that were not accepted', orders.length - accepted.size],
    ['orders are not SUCCESS', orders.filter(({ status }) => status !== 'SUCCESS').length],
    [
      'orders are not charged under their key',
      orders.filter(({ id }) => outcomes.get(chargeKey(id)) !== 'CHARGED').length,
    ],
    ['charges more or less than orders', Math.abs(charges.length - orders.length)],
    ['ledger lines more or less than charges', Math.abs(withdrawals - charges.length)],
    ['orders are not announced', orders.filter(({ id }) => announced.get(id) !== 'OrderCreated').length],
    ['notifications more or less than orders', Math.abs(notifications.length - orders.length)],
    ...[...refused].map(([status, times]) => [`requests got status ${status}`, times] as const),
  ];
  return counts.filter(([, count]) => count !== 0).map(([fault, count]) => `${count} ${fault}`);
}

async function readRows(urls: Readonly<Record<ServiceName, string>>): Promise<Rows> {
  const withdrawals = await select<{ count: number }>(
    urls.billing,
    `select count(*)::int as count from transactions where scope = 'order' and not is_cancelled`,
  );
  return {
    orders: await select(urls.orders, 'select id::text, status from orders'),
    charges: await select(
      urls.billing,
      `select idempotency_key::text as key, outcome from outcomes where scope = 'order'`,
    ),
    withdrawals: withdrawals[0]!.count,
    notifications: await select(urls.notifications, 'select order_id::text, event_name from notifications'),
  };
}

async function select<Row>(url: string, statement: string): Promise<Row[]> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query(statement)).rows as Row[];
  } finally {
    await client.end();
  }
}
