import { Counter, Gauge, register } from 'prom-client';
import type { NotificationStore } from './store.ts';

/** Ends of mails: `sent`, `undeliverable`, or `postponed` to another attempt. */
export const mails = new Counter({
  name: 'notification_mails_total',
  help: 'Attempts to send a mail, by how they ended',
  labelNames: ['end'],
});

const PENDING = 'notifications_pending';

/** Shows how many mails are still to be sent, asked of the database whenever the metrics are read. Answers how to end that. */
export function exportPending(store: Pick<NotificationStore, 'pending'>): () => void {
  new Gauge({
    name: PENDING,
    help: 'Notifications whose mail is still to be sent',
    async collect() {
      // Without the database the figure is not known, and the other metrics are still to be had.
      this.set(await store.pending().catch(() => NaN));
    },
  });
  return () => register.removeSingleMetric(PENDING);
}
