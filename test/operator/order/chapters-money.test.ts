/** The order command shows the money of a refunded order. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { createBillingAuditView } from '../../../api/billing/audit-view.ts';
import { createBillingStore } from '../../../api/billing/store.ts';
import { lookUp } from '../../../operator/lookup.ts';
import { formatMoney } from '../../../operator/order/chapters/money.ts';
import { clockFrom } from '../../../operator/terminal.ts';
import { chargeKey } from '../../../specs/identity.ts';
import { createDatabase } from '../../support/postgres/database.ts';

test('for a refunded order the command shows the charge, its time and the refund', async () => {
  const database = await createDatabase('billing');
  const [ownerId, orderId] = [randomUUID(), randomUUID()];
  const key = { ownerId, scope: 'order', key: chargeKey(orderId) } as const;
  try {
    const billing = createBillingStore(database);
    await billing.replenish({ ownerId, scope: 'client', key: randomUUID(), kind: 'replenishment', amount: 100 });
    await billing.withdraw({ ...key, kind: 'withdrawal', amount: 30 });
    await billing.cancel(key, 'buyer');
    const view = createBillingAuditView(database);
    const lines = formatMoney(
      await lookUp(() => view.ofCharge(ownerId, chargeKey(orderId))),
      clockFrom(new Date()),
      true,
    );
    assert.match(lines[0]!, /ms  outcome  CHARGED 30, balance afterwards 70$/);
    assert.match(lines[1]!, /^ +outcome  later REFUNDED, cause buyer$/);
    assert.match(lines[2]!, /ledger   withdrawal -30, transaction \d+, cancelled: the money was refunded$/);
  } finally {
    await database.close();
  }
});
