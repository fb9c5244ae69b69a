import { chargeKey } from '../../../specs/identity.ts';
import type { Databases } from '../world/databases.ts';
import type { Rows } from './rows.ts';
import { violations, type Violation } from './violation.ts';

type Statement = readonly [invariant: Violation['invariant'], service: 'billing' | 'orders', what: string, sql: string];

/** Each statement selects violations. */
const statements: readonly Statement[] = [
  [
    'I1',
    'billing',
    'the balance is not the sum of the ledger',
    `select owner_id::text as found from billing_accounts account
     where amount <> (select coalesce(sum(amount), 0) from transactions
       where owner_id = account.owner_id and not is_cancelled)`,
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
    'an amount is out of bounds or has the wrong sign for its kind',
    `select id::text as found from transactions
     where abs(amount) not between 1 and 9007199254740991 or (kind = 'replenishment') <> (amount > 0)
       or kind not in ('replenishment', 'withdrawal')`,
  ],
  [
    'I4',
    'billing',
    'more than one withdrawal under an order key',
    `select idempotency_key::text as found from transactions where scope = 'order' and kind = 'withdrawal'
     group by owner_id, idempotency_key having count(*) > 1`,
  ],
  [
    'I12',
    'billing',
    'more than one movement under a client key',
    `select idempotency_key::text as found from transactions where scope = 'client'
     group by owner_id, idempotency_key having count(*) > 1`,
  ],
  [
    'I10',
    'orders',
    'the versions have a gap or a duplicate',
    `select owner_id::text as found from orders group by owner_id
     having min(version) <> 1 or max(version) <> count(*) or count(distinct version) <> count(*)`,
  ],
];

/** I1, I2, I4, I10, I12: what must hold within each database at any time. */
export async function checkWithinDatabases(databases: Databases): Promise<Violation[]> {
  const found = await Promise.all(
    statements.map(async ([invariant, service, what, sql]) =>
      violations(invariant, await databases[service]<{ found: string }>(sql), (row) => `${what}: ${row.found}`),
    ),
  );
  return found.flat();
}

/** I7, I15: what must hold across databases at any time. */
export function checkAcrossDatabases({ orders, movements, outcomes, notifications }: Rows): Violation[] {
  const byKey = new Map(orders.map((order) => [`${order.owner} ${chargeKey(order.id)}`, order]));
  const byId = new Map(orders.map((order) => [order.id, order]));
  const charges = [...movements, ...outcomes].filter(({ scope }) => scope === 'order');
  return [
    ...violations(
      'I7',
      charges.filter(({ owner, key }) => !byKey.has(`${owner} ${key}`)),
      ({ owner, key }) => `a charge under ${key}, which is not the key of any order of ${owner}`,
    ),
    ...violations(
      'I15',
      notifications.filter(({ order }) => (byId.get(order)?.status ?? 'IN_PROGRESS') === 'IN_PROGRESS'),
      ({ order, event }) => `${event} was recorded for the order ${order}, which is not final`,
    ),
  ];
}
