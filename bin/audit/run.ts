import { audit, type AuditReport } from '../../api/auditor/audit.ts';
import { createWorkflowBook } from '../../api/auditor/workflows.ts';
import { createBillingBooks } from '../../api/billing/books.ts';
import { createNotificationBooks } from '../../api/notifications/books.ts';
import { createOrderBooks } from '../../api/orders/books.ts';
import { ConfigFault, readConfig, text, type Env } from '../../lib/config.ts';
import { openDatabase, type Database } from '../../lib/database.ts';
import { createTemporal, temporalReaders, toAddress } from '../../lib/temporal.ts';

export interface Told {
  text: string;
  /** 0: no drift. 1: drift. 2: the audit could not be made. */
  exitCode: number;
}

/** Audits an installation from its environment, and tells what it found as a table. It changes nothing. */
export async function tellAudit(env: Env): Promise<Told> {
  const opened: Array<{ close(): Promise<unknown> }> = [];
  const keep = <T extends { close(): Promise<unknown> }>(one: T): T => {
    opened.push(one);
    return one;
  };
  const open = (url: string): Database => keep(openDatabase(url, { size: 2 }));
  try {
    const config = readConfig(env, {
      orders: text('ORDERS_DATABASE_URL'),
      billing: text('BILLING_DATABASE_URL'),
      notifications: text('NOTIFICATIONS_DATABASE_URL'),
      temporal: (all) => readConfig(all, temporalReaders),
    });
    const temporal = keep(createTemporal(toAddress(config.temporal)));
    const report = await audit({
      orders: keep(createOrderBooks(open(config.orders))),
      billing: keep(createBillingBooks(open(config.billing))),
      notifications: keep(createNotificationBooks(open(config.notifications))),
      workflows: await createWorkflowBook(temporal.client),
    });
    return { text: toTable(report), exitCode: report.drifts.length > 0 ? 1 : 0 };
  } catch (error) {
    const why = error instanceof ConfigFault ? error.message : (error as Error).message;
    return { text: `The audit could not be made: ${why}`, exitCode: 2 };
  } finally {
    for (const each of opened.toReversed()) await each.close().catch(() => {});
  }
}

const INVARIANTS: Readonly<Record<string, string>> = {
  I1: 'a balance is the sum of its ledger',
  I2: 'no balance is below zero',
  I4: 'an order is withdrawn for at most once',
  I5: 'an order that succeeded has one charge of its price',
  I6: 'an order that failed or was cancelled has none',
  I7: 'every charge belongs to an order',
  I8: 'every order has a workflow that ended as it did',
  I10: 'the versions of a list have no gap',
  I15: 'the buyer was told what became of an order, once',
};

const DRIFTS_TOLD_MAX = 50;

function toTable({ owners, orders, inProgress, drifts }: AuditReport): string {
  const count = (invariant: string) => drifts.filter((drift) => drift.invariant === invariant).length;
  const rules = Object.entries(INVARIANTS).map(([id, what]) => `${id.padEnd(5)}${what.padEnd(56)}${count(id) || 'holds'}`);
  const told = drifts
    .slice(0, DRIFTS_TOLD_MAX)
    .map(({ invariant, ownerId, orderId, what }) => `${invariant}  ${orderId ? `order ${orderId}` : `buyer ${ownerId}`}: ${what}`);
  const more = drifts.length > DRIFTS_TOLD_MAX ? [`… and ${drifts.length - DRIFTS_TOLD_MAX} more`] : [];
  return [`${owners} buyers, ${orders} orders, ${inProgress} of them in progress`, '', ...rules, ...(drifts.length > 0 ? ['', ...told, ...more] : [])].join(
    '\n',
  );
}
