/** What an operator is told of the money of one order. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { createBillingStore } from '../api/billing/store.ts';
import { readMoney, tellMoney } from '../bin/story/money.ts';
import { ask } from '../bin/story/part.ts';
import { clockFrom } from '../bin/story/text.ts';
import { chargeKey } from '../specs/identity.ts';
import { createDatabase } from './support/database.ts';

test('of money that was given back it is told what was charged when, and that it is back', async () => {
  const database = await createDatabase('billing');
  const [ownerId, orderId] = [randomUUID(), randomUUID()];
  const key = { ownerId, scope: 'order', key: chargeKey(orderId) } as const;
  try {
    const billing = createBillingStore(database);
    await billing.replenish({ ownerId, scope: 'client', key: randomUUID(), kind: 'replenishment', amount: 100 });
    await billing.withdraw({ ...key, kind: 'withdrawal', amount: 30 });
    await billing.cancel(key, 'buyer');
    const told = tellMoney(
      await ask(() => readMoney({ BILLING_DATABASE_URL: database.url }, orderId, ownerId)),
      clockFrom(new Date()),
      true,
    );
    assert.match(told[0]!, /ms  outcome  CHARGED 30, balance after it 70$/);
    assert.match(told[1]!, /^ +outcome  REFUNDED since, cause buyer$/);
    assert.match(told[2]!, /ledger   withdrawal -30, transaction \d+, cancelled: the money is back$/);
  } finally {
    await database.close();
  }
});
