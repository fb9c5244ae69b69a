import type { AuditPorts } from '../api/auditor/audit.ts';
import { createWorkflowAuditView, type WorkflowAuditPorts } from '../api/auditor/workflow-rules.ts';
import { createBillingAuditView } from '../api/billing/audit-view.ts';
import { createNotificationAuditView } from '../api/notifications/audit-view.ts';
import { createOrderAuditView } from '../api/orders/audit-view.ts';
import type { Database } from '../lib/database.ts';

/** For auth and users, an audit checks only the indexes. */
export type AuditDatabases = Record<'orders' | 'billing' | 'notifications', Database> &
  Partial<Record<'auth' | 'users', Database>>;

export type AuditViews = AuditPorts & { orders: ReturnType<typeof createOrderAuditView>; close(): Promise<void> };

/** Opens everything that an audit compares. Closing the views leaves the databases open. */
export function openAuditViews(databases: AuditDatabases, temporal: WorkflowAuditPorts): AuditViews {
  const views = {
    orders: createOrderAuditView(databases.orders),
    billing: createBillingAuditView(databases.billing),
    notifications: createNotificationAuditView(databases.notifications),
  };
  return {
    ...views,
    workflows: createWorkflowAuditView(temporal),
    indexes: Object.entries(databases).map(([database, { invalidIndexes }]) => ({ database, invalid: invalidIndexes })),
    async close() {
      await Promise.all(Object.values(views).map((each) => each.close()));
    },
  };
}
