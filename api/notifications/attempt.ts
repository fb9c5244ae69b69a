import { TURN_FOR_MS, type Turn } from './address-turn-store.ts';
import { backoffMs } from './backoff.ts';
import type { Claimed } from './claimed.ts';
import { createDelivery, type DeliveryPorts, type Outcome } from './delivery.ts';
import type { DomainShares } from './domain-shares.ts';
import { createLookups, type LookupPorts } from './lookups.ts';
import { SEND_DEADLINE_MS } from './mailer.ts';
import { mails } from './metrics.ts';
import { recipientOf } from './recipient.ts';
import type { NotificationStore } from './store.ts';

export interface AttemptPorts extends LookupPorts, DeliveryPorts {
  store: LookupPorts['store'] &
    Pick<
      NotificationStore,
      'markSent' | 'markUndeliverable' | 'postpone' | 'queueForDomain' | 'takeTurn' | 'giveTurnBack'
    >;
  shares: DomainShares;
  /** Maximum number of mails to one address in an hour; undefined if there is no limit. */
  perAddressAndHourMax?: number | undefined;
}

/**
 * Longer than an attempt, so no other sender starts a second attempt meanwhile. Short, because after the crash of a
 * sender its mails wait until their lease ends.
 */
export const LEASE_MS = 2 * SEND_DEADLINE_MS;
/** Some refusals last for hours, so a refused mail waits longer before its next attempt. */
const REFUSED_BACKOFF_MAX_MS = 1_800_000;
/**
 * Returns a function that sends one mail, then stores the outcome. After a crash in between, the mail is resent with
 * the same Message-ID.
 */
export function createAttempt(ports: AttemptPorts) {
  const { store, shares } = ports;
  const lookUp = createLookups(ports);
  const send = createSend(ports);
  const end = createEnd(ports);

  const toDomain = async (mail: Claimed, to: string, startedMs: number): Promise<void> => {
    const { domainKey } = recipientOf(to);
    const share = shares.take(domainKey);
    if (!share) return store.queueForDomain(mail, domainKey);
    try {
      await end(mail, await send(mail, to, startedMs));
    } finally {
      share.release();
    }
  };

  return async (mail: Claimed, startedMs: number): Promise<void> => {
    // Reserved before the first wait, so the next claim counts this mail for its domain.
    const reserved = mail.domainKey === null ? undefined : shares.reserve(mail.domainKey);
    try {
      const to = await lookUp(mail);
      if (to === undefined) return;
      if (to === '') await end(mail, { end: 'undeliverable', reason: 'the profile has no email address' });
      else if (recipientOf(to).domainKey === mail.domainKey) await end(mail, await send(mail, to, startedMs));
      else await toDomain(mail, to, startedMs);
    } finally {
      reserved?.release();
    }
  };
}

/** Returns a function that sends a mail when it is the mail's turn at its address. */
function createSend(ports: AttemptPorts) {
  const { store, perAddressAndHourMax } = ports;
  const deliver = createDelivery(ports);

  const turnOf = async ({ turn }: Claimed, addressKey: string): Promise<Turn | undefined> => {
    if (perAddressAndHourMax === undefined) return undefined;
    const isNow = turn?.addressKey === addressKey && turn.ageMs >= 0 && turn.ageMs < TURN_FOR_MS;
    return isNow ? { ...turn, inMs: 0 } : store.takeTurn(addressKey, perAddressAndHourMax);
  };

  return async (mail: Claimed, to: string, startedMs: number): Promise<Outcome> => {
    const turn = await turnOf(mail, recipientOf(to).addressKey);
    if (turn && turn.inMs > 0)
      return { end: 'postponed', why: 'as many mails as permitted in an hour go to this address', turn };
    // A process that was paused may have lost its lease, and another sender may have sent the cancellation since.
    const isLate = performance.now() - startedMs > LEASE_MS - SEND_DEADLINE_MS;
    const { outcome, countsForAddress } = isLate
      ? { outcome: { end: 'postponed', why: 'the lease is about to end' } as const, countsForAddress: false }
      : await deliver(mail, to);
    if (turn && !countsForAddress) await store.giveTurnBack(turn);
    return outcome;
  };
}

/** Returns a function that stores and logs the outcome of an attempt. */
function createEnd({ store, log }: AttemptPorts) {
  const postpone = (mail: Claimed, { refusedAgeMs, turn }: Extract<Outcome, { end: 'postponed' }>) => {
    const maxMs = refusedAgeMs === undefined ? undefined : REFUSED_BACKOFF_MAX_MS;
    return store.postpone(mail, turn?.inMs ?? backoffMs(mail.attempts, maxMs), refusedAgeMs, turn);
  };

  return async (mail: Claimed, outcome: Outcome): Promise<void> => {
    const { id, orderId, attempts, correlationId } = mail;
    const fields = { role: 'notifications', notificationId: id, orderId, attempts, correlationId };
    if (outcome.end === 'sent') {
      await store.markSent(id);
      log.info(fields, 'mail sent');
    } else if (outcome.end === 'undeliverable') {
      await store.markUndeliverable(mail, outcome.reason);
      log.warn({ ...fields, reason: outcome.reason }, 'mail is undeliverable');
    } else {
      const isSuperseded = await postpone(mail, outcome);
      const what = isSuperseded ? 'mail superseded, because its order was cancelled' : 'mail postponed';
      log.info({ ...fields, why: outcome.why }, what);
    }
    mails.inc({ end: outcome.end });
  };
}
