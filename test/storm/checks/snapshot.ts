import { chargeKey } from '../../../specs/identity.ts';
import type { Databases } from '../world/databases.ts';
import type { Books } from './books.ts';
import { violations, type Violation } from './violation.ts';

type Statement = readonly [invariant: Violation['invariant'], service: 'billing' | 'orders', what: string, sql: string];

/** What holds within one database at any moment: each statement finds what contradicts it. */
const statements: readonly Statement[] = [
  [
    'I1',
    'billing',
    'the balance is not the sum of the ledger',
    `select owner_id::text as found from billing_accounts account
     where amount <> (select coalesce(sum(amount), 0) from transactions where owner_id = account.owner_id and not is_cancelled)`,
  ],
  [
    'I1',
    'billing',
    'money moved without an account',
    'select owner_id::text as found from transactions where owner_id not in (select owner_id from billing_accounts)',
  ],
  [
    'I2',
    'billing',
    'the balance is below zero',
    'select owner_id::text as found from billing_accounts where amount < 0',
  ],
  [
    'I2',
    'billing',
    'an amount is out of bounds, or has the sign of another kind',
    `select id::text as found from transactions
     where abs(amount) not between 1 and 9007199254740991 or (kind = 'replenishment') <> (amount > 0) or kind not in ('replenishment', 'withdrawal')`,
  ],
  [
    'I4',
    'billing',
    'more than one withdrawal under one key of an order',
    `select idempotency_key::text as found from transactions where scope = 'order' and kind = 'withdrawal' group by owner_id, idempotency_key having count(*) > 1`,
  ],
  [
    'I12',
    'billing',
    'more than one movement under one key of a client',
    `select idempotency_key::text as found from transactions where scope = 'client' group by owner_id, idempotency_key having count(*) > 1`,
  ],
  [
    'I10',
    'orders',
    'the versions have a gap or a double',
    'select owner_id::text as found from orders group by owner_id having min(version) <> 1 or max(version) <> count(*) or count(distinct version) <> count(*)',
  ],
];

/** What does not hold at this moment, within any one of the databases. */
export async function brokenNow(databases: Databases): Promise<Violation[]> {
  const found = await Promise.all(
    statements.map(async ([invariant, service, what, sql]) =>
      violations(invariant, await databases[service]<{ found: string }>(sql), (row) => `${what}: ${row.found}`),
    ),
  );
  return found.flat();
}

/** What does not hold across databases, although it must at any moment. */
export function brokenAcross({ orders, movements, outcomes, notifications }: Books): Violation[] {
  const byKey = new Map(orders.map((order) => [`${order.owner} ${chargeKey(order.id)}`, order]));
  const byId = new Map(orders.map((order) => [order.id, order]));
  const charges = [...movements, ...outcomes].filter(({ scope }) => scope === 'order');
  return [
    ...violations(
      'I7',
      charges.filter(({ owner, key }) => !byKey.has(`${owner} ${key}`)),
      ({ owner, key }) => `a charge under ${key}, which is that of no order of ${owner}`,
    ),
    ...violations(
      'I15',
      notifications.filter(({ order }) => (byId.get(order)?.status ?? 'IN_PROGRESS') === 'IN_PROGRESS'),
      ({ order, event }) => `told ${event} of the order ${order}, which is not final`,
    ),
  ];
}
