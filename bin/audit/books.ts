import type { AuditPorts } from '../../api/auditor/audit.ts';
import { createWorkflowBook, type WorkflowBookPorts } from '../../api/auditor/workflows.ts';
import { createBillingBooks } from '../../api/billing/books.ts';
import { createNotificationBooks } from '../../api/notifications/books.ts';
import { createOrderBooks } from '../../api/orders/books.ts';
import type { Database } from '../../lib/database.ts';

/** The databases that an audit reads. Of those of auth and users it looks at the indexes only. */
export type AuditDatabases = Record<'orders' | 'billing' | 'notifications', Database> &
  Partial<Record<'auth' | 'users', Database>>;

export type Books = AuditPorts & { orders: ReturnType<typeof createOrderBooks>; close(): Promise<void> };

/** Everything that an audit compares. The databases stay open when the books are closed. */
export function openBooks(databases: AuditDatabases, temporal: WorkflowBookPorts): Books {
  const books = {
    orders: createOrderBooks(databases.orders),
    billing: createBillingBooks(databases.billing),
    notifications: createNotificationBooks(databases.notifications),
  };
  return {
    ...books,
    workflows: createWorkflowBook(temporal),
    indexes: Object.entries(databases).map(([database, { invalidIndexes }]) => ({ database, invalid: invalidIndexes })),
    async close() {
      await Promise.all(Object.values(books).map((each) => each.close()));
    },
  };
}
