import { Counter, Gauge, register } from 'prom-client';
import type { NotificationStore } from './store.ts';

/** Outcomes: `sent`, `undeliverable`, `postponed`. */
export const mails = new Counter({
  name: 'notification_mails_total',
  help: 'Attempts to send a mail, by outcome',
  labelNames: ['end'],
});

const PENDING = 'notifications_pending';

/** Exports the number of pending mails, read at each scrape. Returns a function that ends the export. */
export function exportPending(store: Pick<NotificationStore, 'pending'>): () => void {
  new Gauge({
    name: PENDING,
    help: 'Notifications whose mail is pending',
    async collect() {
      // The other metrics must stay available if the database is down.
      this.set(await store.pending().catch(() => NaN));
    },
  });
  return () => register.removeSingleMetric(PENDING);
}
