import type { Client } from '@temporalio/client';
import { createComparison } from '../../api/auditor/comparison.ts';
import { createComparisonMetrics } from '../../api/auditor/metrics.ts';
import { exportStuck, STUCK_AFTER_S } from '../../api/auditor/stuck.ts';
import { text, textOr, wholeNumber, type Config } from '../../lib/config.ts';
import { openDatabase, type Database } from '../../lib/database.ts';
import type { Shared } from '../role.ts';
import { openBooks } from './books.ts';

const DAY_S = 86_400;
const CONNECTIONS_MAX = 1;
/** Until what looks like drift at each of them is told. */
const LOOKS = 5;

/** The readers of whoever keeps an eye on the whole. */
export const watchReaders = {
  billingUrl: text('BILLING_DATABASE_URL'),
  notificationsUrl: text('NOTIFICATIONS_DATABASE_URL'),
  // Only its indexes are looked at: an installation may rather keep it to auth alone.
  authUrl: textOr('AUTH_DATABASE_URL', undefined),
  compareEveryS: wholeNumber('AUDIT_COMPARE_EVERY_S', { min: 1, max: DAY_S, otherwise: 300 }),
  // Longer than it takes to tell a buyer, also while a reader of events is replaced.
  patienceS: wholeNumber('AUDIT_PATIENCE_S', { min: 1, max: 3_600, otherwise: 60 }),
  compareBuyersMax: wholeNumber('AUDIT_COMPARE_BUYERS_MAX', { min: 1, max: 10_000_000, otherwise: 1_000 }),
  stuckAfterS: wholeNumber('STUCK_AFTER_S', { min: 1, max: DAY_S, otherwise: STUCK_AFTER_S }),
};

export interface WatchPorts {
  config: Config<typeof watchReaders>;
  databases: Record<'orders' | 'users', Database>;
  temporal: Client;
  taskQueue: string;
  shared: Shared;
}

/** Compares the parts of the system again and again, and exports what does not agree and what does not get on. */
export function watchBooks({ config, databases, temporal, taskQueue, shared: { log } }: WatchPorts): {
  close(): Promise<void>;
} {
  const open = (url: string) => openDatabase(url, { size: CONNECTIONS_MAX });
  const own = {
    billing: open(config.billingUrl),
    notifications: open(config.notificationsUrl),
    ...(config.authUrl && { auth: open(config.authUrl) }),
  };
  const books = openBooks({ ...databases, ...own }, { client: temporal, taskQueue });
  const comparing = createComparison({
    books,
    metrics: createComparisonMetrics(),
    log,
    everyMs: config.compareEveryS * 1000,
    ownersMax: config.compareBuyersMax,
    patience: { looksMax: LOOKS, settleMs: (config.patienceS * 1000) / (LOOKS - 1) },
  }).run();
  const endExport = exportStuck({
    overdue: books.orders.overdue,
    client: temporal,
    taskQueue,
    afterMs: config.stuckAfterS * 1000,
  });
  return {
    async close() {
      await Promise.all([comparing.close(), endExport()]);
      await books.close();
      await Promise.all(Object.values(own).map((each) => each.close()));
    },
  };
}
