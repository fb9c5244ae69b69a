import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../lib/log.ts';
import { SEND_DEADLINE_MS, type Mailer } from './mailer.ts';
import { subjectOf } from './messages.ts';
import { mails } from './metrics.ts';
import type { Profiles } from './profiles.ts';
import type { Claimed, NotificationStore } from './store.ts';

export interface SenderPorts {
  store: Pick<NotificationStore, 'claim' | 'sent' | 'undeliverable' | 'postpone'>;
  profiles: Profiles;
  mailer: Pick<Mailer, 'send'>;
  log: Log;
  /** How long a buyer without a profile is waited for, from the event on. */
  profileWaitMs: number;
}

export interface Sender {
  /** Says that something is due now. */
  wake(): void;
  /** Takes nothing more, and resolves when what was taken has ended. */
  close(): Promise<void>;
}

const AT_ONCE_MAX = 4;
/** Other replicas record too, and waking is for the quick ones: what is due is looked for anyway. */
const POLL_MS = 1_000;
/** Longer than an attempt can take, so that nobody else begins a second one; short, since a sender may die with what it took. */
const LEASE_MS = 2 * SEND_DEADLINE_MS;
const BACKOFF_MS = { first: 1_000, max: 60_000 };

/** Sends what is due, from now until it is closed, beside any number of others that do the same. */
export function createSender(ports: SenderPorts): Sender {
  const { store, log } = ports;
  let closed = false;
  let woken = new AbortController();

  const failed = (error: unknown) =>
    log.warn({ err: error }, 'what is due could not be looked for, or its end not be written down; it is tried again');
  const round = async (): Promise<number> => {
    const due = await store.claim(AT_ONCE_MAX, LEASE_MS);
    await Promise.all(due.map((notification) => attempt(notification, ports).catch(failed)));
    return due.length;
  };
  const ended = (async () => {
    while (!closed) {
      // Made before looking: what is recorded while looking is looked for again.
      woken = new AbortController();
      const found = await round().catch(failed);
      if (found !== AT_ONCE_MAX) await sleep(POLL_MS, undefined, { signal: woken.signal }).catch(() => {});
    }
  })();

  return {
    wake: () => woken.abort(),
    async close() {
      closed = true;
      woken.abort();
      await ended;
    },
  };
}

/** Sends one mail and writes down what became of it. A crash in between sends it again, under the same Message-ID. */
async function attempt(
  notification: Claimed,
  { store, profiles, mailer, log, profileWaitMs }: SenderPorts,
): Promise<void> {
  const { id, orderId, userId, attempts, ageMs, correlationId } = notification;
  const about = { notificationId: id, orderId, attempts, correlationId };

  const giveUp = async (reason: string) => {
    await store.undeliverable(notification, reason);
    mails.inc({ end: 'undeliverable' });
    log.warn({ ...about, reason }, 'a mail cannot be delivered');
  };
  const postpone = async (why: string) => {
    await store.postpone(notification, backoffMs(attempts));
    mails.inc({ end: 'postponed' });
    log.info({ ...about, why }, 'a mail is sent later');
  };

  try {
    const address = await profiles.addressOf(userId, correlationId);
    if (address === undefined)
      return await (ageMs >= profileWaitMs
        ? giveUp('the buyer has no profile')
        : postpone('the buyer has no profile yet'));
    if (address === '') return await giveUp('the profile has no address');
    const delivery = await mailer.send({
      id,
      to: address,
      subject: subjectOf(notification),
      text: notification.message,
    });
    if (delivery.kind === 'refused') return await giveUp(delivery.reason);
  } catch (error) {
    return postpone((error as Error).message);
  }
  await store.sent(id);
  log.info({ role: 'notifications', ...about }, 'a mail was sent');
  mails.inc({ end: 'sent' });
}

/** One second, doubled with each attempt up to a minute, less up to a quarter of it, so that many do not come back at once. */
export function backoffMs(attempts: number): number {
  const fullMs = Math.min(BACKOFF_MS.first * 2 ** (attempts - 1), BACKOFF_MS.max);
  return Math.round(fullMs * (1 - Math.random() / 4));
}
