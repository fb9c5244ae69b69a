import { audit, type Patience } from '../../api/auditor/audit.ts';
import { readConfig, text, type Env } from '../../lib/config.ts';
import { openDatabase } from '../../lib/database.ts';
import { createTemporal, temporalReaders, toAddress } from '../../lib/temporal.ts';
import { answer, Misuse, type Told } from '../command.ts';
import { openBooks } from './books.ts';
import { toTable } from './table.ts';

const CONNECTIONS_MAX = 2;

const readers = {
  auth: text('AUTH_DATABASE_URL'),
  users: text('USERS_DATABASE_URL'),
  orders: text('ORDERS_DATABASE_URL'),
  billing: text('BILLING_DATABASE_URL'),
  notifications: text('NOTIFICATIONS_DATABASE_URL'),
};

/** Audits an installation from its environment, and tells what it found as a table: 0 no drift, 1 drift, 2 it could not be made. It changes nothing. */
export const auditCommand = (words: readonly string[], env: Env, patience: Patience = {}): Promise<Told> =>
  answer('Usage: npm run audit', words, () => {
    if (words.length > 0) throw new Misuse('It takes no words.');
    return auditOf(env, patience);
  });

async function auditOf(env: Env, patience: Patience): Promise<Told> {
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
  const books = openBooks(databases, { client: temporal.client, taskQueue });
  try {
    await temporal.check();
    const report = await audit(books, patience);
    return { text: toTable(report), exitCode: report.drifts.length > 0 ? 1 : 0 };
  } finally {
    await temporal.close();
    await books.close();
    await Promise.all(Object.values(databases).map((each) => each.close()));
  }
}
