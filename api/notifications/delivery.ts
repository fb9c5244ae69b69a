import type { Log } from '../../lib/log.ts';
import type { Turn } from './address-turn-store.ts';
import type { Claimed } from './claimed.ts';
import type { Mailer } from './mailer.ts';
import { subjectOf } from './messages.ts';
import { watchRefusals } from './refusal-watch.ts';
import { Deferred, reachedRecipient, type Blocked } from './smtp-reply.ts';

export interface DeliveryPorts {
  mailer: Pick<Mailer, 'send'>;
  log: Log;
}

/** How an attempt ended. A postponed mail with a turn waits for that turn. */
export type Outcome =
  | { end: 'sent' }
  | { end: 'undeliverable'; reason: string }
  | { end: 'postponed'; why: string; refusedAgeMs?: number; turn?: Turn };

/** How long a mail is retried if the mail server refuses it for a reason other than the recipient. */
const REFUSED_MS = 86_400_000;

interface Delivered {
  outcome: Outcome;
  /** False if the attempt certainly ended before the mail server was asked about the recipient. */
  countsForAddress: boolean;
}

/** Returns a function that hands a mail to the mail server. */
export function createDelivery({ mailer, log }: DeliveryPorts) {
  const watch = watchRefusals(log);
  return async (mail: Claimed, to: string): Promise<Delivered> => {
    try {
      const delivery = await mailer.send({ id: mail.id, to, subject: subjectOf(mail), text: mail.message });
      if (delivery.kind === 'refused') {
        if (delivery.refusal) watch.recipientRefused(to, delivery.refusal);
        return { outcome: { end: 'undeliverable', reason: delivery.reason }, countsForAddress: true };
      }
      if (delivery.kind === 'blocked') {
        if (delivery.isOurs) watch.refused(mail.id, delivery);
        return { outcome: afterBlock(mail, delivery), countsForAddress: reachedRecipient(delivery) };
      }
      watch.accepted();
      return { outcome: { end: 'sent' }, countsForAddress: true };
    } catch (error) {
      const countsForAddress = !(error instanceof Deferred) || error.reachedRecipient;
      return { outcome: { end: 'postponed', why: (error as Error).message }, countsForAddress };
    }
  };
}

/**
 * Retries a refused mail for a day after its first refusal. If the server refuses only the session, retries without
 * limit.
 */
function afterBlock({ ageMs, refusedAgeMs }: Claimed, { isSession, reply }: Blocked): Outcome {
  const why = `the mail server refused the mail: ${reply}`;
  // A refused session stops all mails. When its cause is repaired, they must go out without an operator.
  if (isSession) return { end: 'postponed', why };
  const firstAgeMs = refusedAgeMs ?? ageMs;
  return ageMs - firstAgeMs >= REFUSED_MS
    ? { end: 'undeliverable', reason: `${why}, again and again for a day` }
    : { end: 'postponed', why, refusedAgeMs: firstAgeMs };
}
