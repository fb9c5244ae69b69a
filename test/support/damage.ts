import { randomUUID } from 'node:crypto';
import type { ServiceName } from '../../prisma/migrate.ts';
import { chargeKey } from '../../specs/identity.ts';

/** What is damaged: a buyer, and one order of each kind. */
export interface Sound {
  buyerId: string;
  paid: string;
  failed: string;
  cancelled: string;
}

/** Statements that do damage, and those that mend it. */
export type Change = readonly [damage: string[], mend: string[]];

/** Takes rows away, to be put back. */
export const without = (table: string, where: string): Change => [
  [`create table kept as select * from ${table} where ${where}`, `delete from ${table} where ${where}`],
  [`insert into ${table} overriding system value select * from kept`, 'drop table kept'],
];
export const changed = (table: string, set: string, back: string, where: string): Change => [
  [`update ${table} set ${set} where ${where}`],
  [`update ${table} set ${back} where ${where}`],
];
/** What the database would not let happen. */
const forced = ([damage, mend]: Change): Change => {
  const [off, on] = ['alter table orders disable trigger all', 'alter table orders enable trigger all'];
  return [
    [off, ...damage, on],
    [off, ...mend, on],
  ];
};

/** What is damaged, where, what an audit says of it, and how it is done. */
export type Damage = readonly [string, ServiceName, string[], (sound: Sound) => Change];
const stray = randomUUID();
export const damages: readonly Damage[] = [
  [
    'a notification is gone',
    'notifications',
    ['I15'],
    (sound) => without('notifications', `order_id = '${sound.paid}'`),
  ],
  [
    'a buyer was told of an order that nobody made',
    'notifications',
    ['I15'],
    (sound) =>
      changed(
        'notifications',
        `order_id = '${stray}'`,
        `order_id = '${sound.failed}'`,
        `order_id in ('${sound.failed}', '${stray}')`,
      ),
  ],
  [
    'a balance is not its ledger',
    'billing',
    ['I1'],
    (sound) =>
      changed('billing_accounts', 'amount = amount + 1', 'amount = amount - 1', `owner_id = '${sound.buyerId}'`),
  ],
  [
    'the outcome of a paid order is gone',
    'billing',
    ['I5'],
    (sound) => without('outcomes', `idempotency_key = '${chargeKey(sound.paid)}'`),
  ],
  [
    'the outcome of a failed order is gone',
    'billing',
    ['I6'],
    (sound) => without('outcomes', `idempotency_key = '${chargeKey(sound.failed)}'`),
  ],
  [
    'the charge of a paid order was given back',
    'billing',
    ['I1', 'I5'],
    (sound) =>
      changed(
        'transactions',
        'is_cancelled = true',
        'is_cancelled = false',
        `idempotency_key = '${chargeKey(sound.paid)}'`,
      ),
  ],
  [
    'a paid order was charged another amount',
    'billing',
    ['I1', 'I5'],
    (sound) => changed('transactions', 'amount = -29', 'amount = -30', `idempotency_key = '${chargeKey(sound.paid)}'`),
  ],
  [
    'the money of a cancelled order was taken all the same',
    'billing',
    ['I1', 'I6'],
    (sound) =>
      changed(
        'transactions',
        'is_cancelled = false',
        'is_cancelled = true',
        `idempotency_key = '${chargeKey(sound.cancelled)}'`,
      ),
  ],
  [
    'an order was withdrawn for twice, once in vain',
    'billing',
    ['I4'],
    (sound) => [
      [
        `insert into transactions (owner_id, scope, idempotency_key, kind, amount, is_cancelled) values ('${sound.buyerId}', 'order', '${chargeKey(sound.paid)}', 'withdrawal', -1, true)`,
      ],
      [`delete from transactions where idempotency_key = '${chargeKey(sound.paid)}' and amount = -1`],
    ],
  ],
  [
    'there is a charge that no order asked for',
    'billing',
    ['I7'],
    (sound) => [
      [
        `insert into transactions (owner_id, scope, idempotency_key, kind, amount) values ('${sound.buyerId}', 'order', '${stray}', 'withdrawal', -1)`,
        `update billing_accounts set amount = amount - 1 where owner_id = '${sound.buyerId}'`,
      ],
      [
        `delete from transactions where idempotency_key = '${stray}'`,
        `update billing_accounts set amount = amount + 1 where owner_id = '${sound.buyerId}'`,
      ],
    ],
  ],
  [
    'a balance is below zero',
    'billing',
    ['I1', 'I2'],
    (sound) => [
      [
        'alter table billing_accounts drop constraint billing_accounts_amount_check',
        `update billing_accounts set amount = amount - 1000 where owner_id = '${sound.buyerId}'`,
      ],
      [
        `update billing_accounts set amount = amount + 1000 where owner_id = '${sound.buyerId}'`,
        'alter table billing_accounts add constraint billing_accounts_amount_check check (amount >= 0)',
      ],
    ],
  ],
  [
    'the last order of a list is gone',
    'orders',
    ['I7', 'I8', 'I15'],
    (sound) => without('orders', `id = '${sound.cancelled}'`),
  ],
  [
    'an order in the midst of a list is gone',
    'orders',
    ['I7', 'I8', 'I10', 'I15'],
    (sound) => without('orders', `id = '${sound.paid}'`),
  ],
  [
    'an order has another version',
    'orders',
    ['I10'],
    (sound) => forced(changed('orders', 'version = 9', 'version = 1', `id = '${sound.paid}'`)),
  ],
  [
    'a paid order is written down as failed',
    'orders',
    ['I6', 'I8', 'I15'],
    (sound) =>
      forced(
        changed(
          'orders',
          `status = 'FAILED', first_status = 'FAILED'`,
          `status = 'SUCCESS', first_status = 'SUCCESS'`,
          `id = '${sound.paid}'`,
        ),
      ),
  ],
  [
    'an order is open again',
    'orders',
    ['I8', 'I15'],
    (sound) =>
      forced(
        changed(
          'orders',
          `status = 'IN_PROGRESS', first_status = null`,
          `status = 'FAILED', first_status = 'FAILED'`,
          `id = '${sound.failed}'`,
        ),
      ),
  ],
];
