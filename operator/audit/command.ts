import { audit, type AuditReport, type Patience } from '../../api/auditor/audit.ts';
import { readConfig, type Env } from '../../lib/config.ts';
import { openDatabase } from '../../lib/database.ts';
import { createTemporal, temporalReaders, toAddress } from '../../lib/temporal/client.ts';
import { openAuditViews } from '../../roles/audit-sources.ts';
import { databaseUrl } from '../../roles/role.ts';
import { runCommand, UsageError, type CommandResult } from '../command.ts';
import { toTable } from './table.ts';

const CONNECTIONS_MAX = 2;

const readers = {
  auth: databaseUrl('auth'),
  users: databaseUrl('users'),
  orders: databaseUrl('orders'),
  billing: databaseUrl('billing'),
  notifications: databaseUrl('notifications'),
};

/** Audits the installation without changing it. Exit code: 0 no drift, 1 drift, 2 failed or incomplete. */
export const auditCommand = (args: readonly string[], env: Env, patience: Patience = {}): Promise<CommandResult> =>
  runCommand('Usage: npm run audit', args, () => {
    if (args.length > 0) throw new UsageError('This command takes no arguments.');
    return runAudit(env, patience);
  });

async function runAudit(env: Env, patience: Patience): Promise<CommandResult> {
  const urls = readConfig(env, readers);
  const { taskQueue, ...address } = readConfig(env, temporalReaders);
  const temporal = createTemporal(toAddress(address));
  const open = (url: string) => openDatabase(url, { size: CONNECTIONS_MAX });
  const databases = {
    auth: open(urls.auth),
    users: open(urls.users),
    orders: open(urls.orders),
    billing: open(urls.billing),
    notifications: open(urls.notifications),
  };
  const views = openAuditViews(databases, { client: temporal.client, taskQueue });
  try {
    await temporal.check();
    const report = await audit(views, patience);
    return { text: toTable(report), exitCode: exitCodeOf(report) };
  } finally {
    await temporal.close();
    await views.close();
    await Promise.all(Object.values(databases).map((each) => each.close()));
  }
}

/** Drift is certain even if some buyers could not be checked. */
function exitCodeOf({ drifts, unchecked }: AuditReport): 0 | 1 | 2 {
  if (drifts.length > 0) return 1;
  return unchecked.size > 0 ? 2 : 0;
}
