import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../lib/log.ts';
import { SEND_DEADLINE_MS, type Mailer } from './mailer.ts';
import { subjectOf } from './messages.ts';
import { mails } from './metrics.ts';
import type { Profiles } from './profiles.ts';
import type { Claimed, NotificationStore } from './store.ts';

export interface SenderPorts {
  store: Pick<NotificationStore, 'claim' | 'markSent' | 'markUndeliverable' | 'postpone'>;
  profiles: Profiles;
  mailer: Pick<Mailer, 'send'>;
  log: Log;
  /** How long to wait for a missing profile, counted from when the notification was recorded. */
  profileWaitMs: number;
}

export interface Sender {
  /** Ends the current pause. Call this when a mail is due. */
  wake(): void;
  /** Claims no more mails; resolves when the claimed ones are done. */
  close(): Promise<void>;
}

const CONCURRENT_MAX = 4;
/** Besides being woken, the sender polls: for retries, and for notifications that other replicas record. */
const POLL_MS = 1_000;
/**
 * Longer than an attempt, so that no other sender starts a second one meanwhile. Short, because the mails of a sender
 * that crashed wait until their lease ends.
 */
const LEASE_MS = 2 * SEND_DEADLINE_MS;
const BACKOFF_MS = { first: 1_000, max: 60_000 };

/** Sends due mails until closed. Several senders may run at once. */
export function createSender(ports: SenderPorts): Sender {
  const { store, log } = ports;
  let closed = false;
  let woken = new AbortController();

  const logFailure = (error: unknown) =>
    log.warn({ err: error }, 'due mails could not be read, or an outcome could not be stored; retrying');
  const round = async (): Promise<number> => {
    const due = await store.claim(CONCURRENT_MAX, LEASE_MS);
    await Promise.all(due.map((notification) => attempt(notification, ports).catch(logFailure)));
    return due.length;
  };
  const finished = (async () => {
    while (!closed) {
      // Before the claim, so that a wake during the claim is not lost.
      woken = new AbortController();
      const claimed = await round().catch(logFailure);
      if (claimed !== CONCURRENT_MAX) await sleep(POLL_MS, undefined, { signal: woken.signal }).catch(() => {});
    }
  })();

  return {
    wake: () => woken.abort(),
    async close() {
      closed = true;
      woken.abort();
      await finished;
    },
  };
}

/** Sends one mail, then stores the outcome. After a crash in between, the mail is resent with the same Message-ID. */
async function attempt(
  notification: Claimed,
  { store, profiles, mailer, log, profileWaitMs }: SenderPorts,
): Promise<void> {
  const { id, orderId, userId, attempts, ageMs, correlationId } = notification;
  const fields = { notificationId: id, orderId, attempts, correlationId };

  const abandon = async (reason: string) => {
    await store.markUndeliverable(notification, reason);
    mails.inc({ end: 'undeliverable' });
    log.warn({ ...fields, reason }, 'mail is undeliverable');
  };
  const postpone = async (why: string) => {
    await store.postpone(notification, backoffMs(attempts));
    mails.inc({ end: 'postponed' });
    log.info({ ...fields, why }, 'mail postponed');
  };

  try {
    const address = await profiles.addressOf(userId, correlationId);
    if (address === undefined)
      return await (ageMs >= profileWaitMs
        ? abandon('the buyer has no profile')
        : postpone('the buyer has no profile yet'));
    if (address === '') return await abandon('the profile has no email address');
    const delivery = await mailer.send({
      id,
      to: address,
      subject: subjectOf(notification),
      text: notification.message,
    });
    if (delivery.kind === 'refused') return await abandon(delivery.reason);
  } catch (error) {
    return postpone((error as Error).message);
  }
  await store.markSent(id);
  log.info({ role: 'notifications', ...fields }, 'mail sent');
  mails.inc({ end: 'sent' });
}

/** Doubles from a second up to a minute. Then subtracts up to a quarter at random, so that retries spread out. */
export function backoffMs(attempts: number): number {
  const fullMs = Math.min(BACKOFF_MS.first * 2 ** (attempts - 1), BACKOFF_MS.max);
  return Math.round(fullMs * (1 - Math.random() / 4));
}
