import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../lib/log.ts';
import { SEND_DEADLINE_MS, type Mailer } from './mailer.ts';
import { subjectOf } from './messages.ts';
import { mails } from './metrics.ts';
import type { Profiles } from './profiles.ts';
import { watchRefusals } from './refusal-watch.ts';
import type { Blocked } from './smtp-reply.ts';
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
/** A mail that was refused for a reason that may last for hours waits longer, so that few attempts go to such mails. */
const REFUSED_BACKOFF_MAX_MS = 1_800_000;

/** How long a mail is retried if the mail server refuses it for a reason other than the recipient. */
const REFUSED_MS = 86_400_000;

/** Sends due mails until closed. Several senders may run at once. */
export function createSender(ports: SenderPorts): Sender {
  const { store, log } = ports;
  const attempt = createAttempt(ports);
  let closed = false;
  let woken = new AbortController();

  const logFailure = (error: unknown) =>
    log.warn({ err: error }, 'due mails could not be read, or an outcome could not be stored; retrying');
  const round = async (): Promise<number> => {
    const startedMs = performance.now();
    const due = await store.claim(CONCURRENT_MAX, LEASE_MS);
    await Promise.all(due.map((notification) => attempt(notification, startedMs).catch(logFailure)));
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

type Outcome =
  { end: 'sent' } | { end: 'undeliverable'; reason: string } | { end: 'postponed'; why: string; refusedAgeMs?: number };

/**
 * Returns a function that sends one mail, then stores the outcome. After a crash in between, the mail is resent with
 * the same Message-ID.
 */
function createAttempt({ store, profiles, mailer, log, profileWaitMs }: SenderPorts) {
  const watch = watchRefusals(log);

  const send = async (notification: Claimed, startedMs: number): Promise<Outcome> => {
    const { id, userId, ageMs, correlationId, message: text } = notification;
    const to = await profiles.addressOf(userId, correlationId);
    if (to === undefined && ageMs >= profileWaitMs) return { end: 'undeliverable', reason: 'the buyer has no profile' };
    if (to === undefined) return { end: 'postponed', why: 'the buyer has no profile yet' };
    if (to === '') return { end: 'undeliverable', reason: 'the profile has no email address' };
    // A process that was paused may have lost its lease, and another sender may have sent the cancellation since.
    if (performance.now() - startedMs > LEASE_MS - SEND_DEADLINE_MS)
      return { end: 'postponed', why: 'the lease is about to end' };
    const delivery = await mailer.send({ id, to, subject: subjectOf(notification), text });
    if (delivery.kind === 'refused') {
      if (delivery.refusal) watch.recipientRefused(to, delivery.refusal);
      return { end: 'undeliverable', reason: delivery.reason };
    }
    if (delivery.kind === 'blocked') {
      if (delivery.isOurs) watch.refused(id, delivery);
      return afterBlock(notification, delivery);
    }
    watch.accepted();
    return { end: 'sent' };
  };

  return async (notification: Claimed, startedMs: number): Promise<void> => {
    const { id, orderId, attempts, correlationId } = notification;
    const fields = { role: 'notifications', notificationId: id, orderId, attempts, correlationId };
    const outcome = await send(notification, startedMs).catch((error: Error): Outcome => ({
      end: 'postponed',
      why: error.message,
    }));
    if (outcome.end === 'sent') {
      await store.markSent(id);
      log.info(fields, 'mail sent');
    } else if (outcome.end === 'undeliverable') {
      await store.markUndeliverable(notification, outcome.reason);
      log.warn({ ...fields, reason: outcome.reason }, 'mail is undeliverable');
    } else {
      const { refusedAgeMs } = outcome;
      const maxMs = refusedAgeMs === undefined ? BACKOFF_MS.max : REFUSED_BACKOFF_MAX_MS;
      const isSuperseded = await store.postpone(notification, backoffMs(attempts, maxMs), refusedAgeMs);
      const what = isSuperseded ? 'mail superseded, because its order was cancelled' : 'mail postponed';
      log.info({ ...fields, why: outcome.why }, what);
    }
    mails.inc({ end: outcome.end });
  };
}

/** Retries a refused mail for a day from its first refusal; without limit, if only the session is refused. */
function afterBlock({ ageMs, refusedAgeMs }: Claimed, { isSession, reply }: Blocked): Outcome {
  const why = `the mail server refused the mail: ${reply}`;
  // The session is refused to all mails alike: once it is repaired, they must go out without an operator.
  if (isSession) return { end: 'postponed', why };
  const firstAgeMs = refusedAgeMs ?? ageMs;
  return ageMs - firstAgeMs >= REFUSED_MS
    ? { end: 'undeliverable', reason: `${why}, again and again for a day` }
    : { end: 'postponed', why, refusedAgeMs: firstAgeMs };
}

/**
 * Doubles from a second up to `maxMs`, a minute by default. Then subtracts up to a quarter at random, so that retries
 * spread out.
 */
export function backoffMs(attempts: number, maxMs = BACKOFF_MS.max): number {
  const fullMs = Math.min(BACKOFF_MS.first * 2 ** (attempts - 1), maxMs);
  return Math.round(fullMs * (1 - Math.random() / 4));
}
