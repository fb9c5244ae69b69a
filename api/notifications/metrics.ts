import { Counter, Gauge, register } from 'prom-client';

/** Outcomes: `sent`, `undeliverable`, `postponed`, `superseded` (the order was cancelled first). */
export const mails = new Counter({
  name: 'notification_mails_total',
  help: 'Attempts to send a mail, by outcome; superseded mails are not attempted any more',
  labelNames: ['end'],
});

/** `command` and `reply` say what the mail server refused and how, such as `MAIL FROM` and `550 5.4.5`. */
export const refusals = new Counter({
  name: 'notification_mail_refusals_total',
  help: 'Mails that the mail server refused for a reason on our side, by SMTP command and reply code',
  labelNames: ['command', 'reply'],
});

/** 0 after an accepted mail. */
export const refusalsInARow = new Gauge({
  name: 'notification_mail_refusals_in_a_row',
  help: 'Different mails or recipients refused with the same reply since the mail server last accepted a mail',
});

const PENDING = 'notifications_pending';

/** Exports the number of pending mails, read at each scrape. Returns a function that ends the export. */
export function exportPending(store: { pending(): Promise<number> }): () => void {
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
