import { randomUUID } from 'node:crypto';
import type { ServiceName } from '../../../prisma/migrate.ts';
import { chargeKey } from '../../../specs/identity.ts';

/** The data to damage: a buyer, and one order with each final status. */
interface Target {
  buyerId: string;
  paid: string;
  failed: string;
  cancelled: string;
}

/** Statements that do damage, and those that repair it. */
export type Change = readonly [damage: string[], repair: string[]];

export const without = (table: string, where: string): Change => [
  [`create table kept as select * from ${table} where ${where}`, `delete from ${table} where ${where}`],
  [`insert into ${table} overriding system value select * from kept`, 'drop table kept'],
];
export const changed = (table: string, set: string, back: string, where: string): Change => [
  [`update ${table} set ${set} where ${where}`],
  [`update ${table} set ${back} where ${where}`],
];
/** Disables the triggers that would prevent the change. */
const forced = ([damage, repair]: Change): Change => {
  const [off, on] = ['alter table orders disable trigger all', 'alter table orders enable trigger all'];
  return [
    [off, ...damage, on],
    [off, ...repair, on],
  ];
};

/** The damage, its database, the invariants that it violates, and the statements. */
export type Damage = readonly [string, ServiceName, string[], (target: Target) => Change];
const stray = randomUUID();
export const damages: readonly Damage[] = [
  [
    'a missing notification',
    'notifications',
    ['I15'],
    (target) => without('notifications', `order_id = '${target.paid}'`),
  ],
  [
    'a notification of an order that does not exist',
    'notifications',
    ['I15'],
    (target) =>
      changed(
        'notifications',
        `order_id = '${stray}'`,
        `order_id = '${target.failed}'`,
        `order_id in ('${target.failed}', '${stray}')`,
      ),
  ],
  [
    'a balance that differs from its ledger',
    'billing',
    ['I1'],
    (target) =>
      changed('billing_accounts', 'amount = amount + 1', 'amount = amount - 1', `owner_id = '${target.buyerId}'`),
  ],
  [
    'the missing outcome of a paid order',
    'billing',
    ['I5'],
    (target) => without('outcomes', `idempotency_key = '${chargeKey(target.paid)}'`),
  ],
  [
    'the missing outcome of a failed order',
    'billing',
    ['I6'],
    (target) => without('outcomes', `idempotency_key = '${chargeKey(target.failed)}'`),
  ],
  [
    'a paid order whose charge was refunded',
    'billing',
    ['I1', 'I5'],
    (target) =>
      changed(
        'transactions',
        'is_cancelled = true',
        'is_cancelled = false',
        `idempotency_key = '${chargeKey(target.paid)}'`,
      ),
  ],
  [
    'a paid order charged with a different amount',
    'billing',
    ['I1', 'I5'],
    (target) =>
      changed('transactions', 'amount = -29', 'amount = -30', `idempotency_key = '${chargeKey(target.paid)}'`),
  ],
  [
    'a cancelled order that was charged anyway',
    'billing',
    ['I1', 'I6'],
    (target) =>
      changed(
        'transactions',
        'is_cancelled = false',
        'is_cancelled = true',
        `idempotency_key = '${chargeKey(target.cancelled)}'`,
      ),
  ],
  [
    'a second, cancelled withdrawal of one order',
    'billing',
    ['I4'],
    (target) => [
      [
        `insert into transactions (owner_id, scope, idempotency_key, kind, amount, is_cancelled) values ('${target.buyerId}', 'order', '${chargeKey(target.paid)}', 'withdrawal', -1, true)`,
      ],
      [`delete from transactions where idempotency_key = '${chargeKey(target.paid)}' and amount = -1`],
    ],
  ],
  [
    'a charge without an order',
    'billing',
    ['I7'],
    (target) => [
      [
        `insert into transactions (owner_id, scope, idempotency_key, kind, amount) values ('${target.buyerId}', 'order', '${stray}', 'withdrawal', -1)`,
        `update billing_accounts set amount = amount - 1 where owner_id = '${target.buyerId}'`,
      ],
      [
        `delete from transactions where idempotency_key = '${stray}'`,
        `update billing_accounts set amount = amount + 1 where owner_id = '${target.buyerId}'`,
      ],
    ],
  ],
  [
    'a negative balance',
    'billing',
    ['I1', 'I2'],
    (target) => [
      [
        'alter table billing_accounts drop constraint billing_accounts_amount_check',
        `update billing_accounts set amount = amount - 1000 where owner_id = '${target.buyerId}'`,
      ],
      [
        `update billing_accounts set amount = amount + 1000 where owner_id = '${target.buyerId}'`,
        'alter table billing_accounts add constraint billing_accounts_amount_check check (amount >= 0)',
      ],
    ],
  ],
  [
    'a missing order at the end of a list',
    'orders',
    ['I7', 'I8', 'I15'],
    (target) => without('orders', `id = '${target.cancelled}'`),
  ],
  [
    'a missing order in the middle of a list',
    'orders',
    ['I7', 'I8', 'I10', 'I15'],
    (target) => without('orders', `id = '${target.paid}'`),
  ],
  [
    'an order with the wrong version',
    'orders',
    ['I10'],
    (target) => forced(changed('orders', 'version = 9', 'version = 1', `id = '${target.paid}'`)),
  ],
  [
    'a paid order stored as failed',
    'orders',
    ['I6', 'I8', 'I15'],
    (target) =>
      forced(
        changed(
          'orders',
          `status = 'FAILED', first_status = 'FAILED'`,
          `status = 'SUCCESS', first_status = 'SUCCESS'`,
          `id = '${target.paid}'`,
        ),
      ),
  ],
  [
    'a final order stored as in progress',
    'orders',
    ['I8', 'I15'],
    (target) =>
      forced(
        changed(
          'orders',
          `status = 'IN_PROGRESS', first_status = null`,
          `status = 'FAILED', first_status = 'FAILED'`,
          `id = '${target.failed}'`,
        ),
      ),
  ],
];
