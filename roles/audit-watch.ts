import type { Client } from '@temporalio/client';
import { createComparison } from '../api/auditor/comparison.ts';
import { createComparisonMetrics } from '../api/auditor/metrics.ts';
import { exportStuckMetric, STUCK_AFTER_S } from '../api/auditor/stuck-metric.ts';
import { optional, wholeNumber, type Config } from '../lib/config.ts';
import { openDatabase, type Database } from '../lib/database.ts';
import { openAuditViews } from './audit-sources.ts';
import { databaseUrl, type Shared } from './role.ts';

const DAY_S = 86_400;
const CONNECTIONS_MAX = 1;
/** Drift is reported only if each of this many checks finds it. */
const CHECKS = 5;

/** Settings of drift and stuck-order monitoring. */
export const watchReaders = {
  billingUrl: databaseUrl('billing'),
  notificationsUrl: databaseUrl('notifications'),
  // Optional: the audit checks only this database's indexes, and in some installations only auth may connect to it.
  authUrl: optional(databaseUrl('auth')),
  compareEveryS: wholeNumber('AUDIT_COMPARE_EVERY_S', 'pause between two comparisons', {
    min: 1,
    max: DAY_S,
    otherwise: 300,
  }),
  // The default is longer than it takes to notify a buyer, even while a Kafka consumer is being replaced.
  patienceS: wholeNumber('AUDIT_PATIENCE_S', 'how long a mismatch must last before it is reported', {
    min: 1,
    max: 3_600,
    otherwise: 60,
  }),
  compareBuyersMax: wholeNumber('AUDIT_COMPARE_BUYERS_MAX', 'buyers per comparison', {
    min: 1,
    max: 10_000_000,
    otherwise: 1_000,
  }),
  stuckAfterS: wholeNumber(
    'STUCK_AFTER_S',
    'time without progress after which an order counts as stuck, also for `npm run order`',
    { min: 1, max: DAY_S, otherwise: STUCK_AFTER_S },
  ),
};

export interface WatchPorts {
  config: Config<typeof watchReaders>;
  databases: Record<'orders' | 'users', Database>;
  temporal: Client;
  taskQueue: string;
  shared: Shared;
}

/** Exports drift and stuck orders as metrics until closed. */
export function startWatch({ config, databases, temporal, taskQueue, shared: { log } }: WatchPorts): {
  close(): Promise<void>;
} {
  const open = (url: string) => openDatabase(url, { size: CONNECTIONS_MAX });
  const own = {
    billing: open(config.billingUrl),
    notifications: open(config.notificationsUrl),
    ...(config.authUrl && { auth: open(config.authUrl) }),
  };
  const views = openAuditViews({ ...databases, ...own }, { client: temporal, taskQueue });
  const comparing = createComparison({
    views,
    metrics: createComparisonMetrics(),
    log,
    everyMs: config.compareEveryS * 1000,
    ownersMax: config.compareBuyersMax,
    patience: { checksMax: CHECKS, pauseMs: (config.patienceS * 1000) / (CHECKS - 1) },
  }).run();
  const endExport = exportStuckMetric({
    overdue: views.orders.overdue,
    client: temporal,
    taskQueue,
    afterMs: config.stuckAfterS * 1000,
  });
  return {
    async close() {
      await Promise.all([comparing.close(), endExport()]);
      await views.close();
      await Promise.all(Object.values(own).map((each) => each.close()));
    },
  };
}
