import { setTimeout as sleep } from 'node:timers/promises';
import { runPeriodically } from '../../lib/loop.ts';
import { createAttempt, LEASE_MS, type AttemptPorts } from './attempt.ts';
import type { Claimed } from './claimed.ts';
import { createDomainShares } from './domain-shares.ts';
import { CONNECTIONS_MAX } from './mailer.ts';
import { createOutage } from './outage.ts';
import type { NotificationStore } from './store.ts';

export { backoffMs } from './backoff.ts';

export interface SenderPorts extends Omit<AttemptPorts, 'shares' | 'outage'> {
  store: AttemptPorts['store'] & Pick<NotificationStore, 'claim' | 'claimAwaiting' | 'sweepTurns'>;
}

export interface Sender {
  /** Ends the current pause. Call this when a mail is due. */
  wake(): void;
  /** Like `wake`, but for look-ups of profiles. Call this when an awaited profile has changed. */
  wakeLookups(): void;
  /** Claims no more mails; resolves when the claimed ones are done. */
  close(): Promise<void>;
}

const CONCURRENT_MAX = CONNECTIONS_MAX;
/** Buyers whose profile is looked up again, of those that are served at once. */
const AWAITING_MAX = CONCURRENT_MAX / 2;
/** Besides being woken, the sender polls: for retries, and for notifications that other replicas record. */
const POLL_MS = 1_000;
const SWEEP_EVERY_MS = 600_000;

/** Sends due mails until closed. Several senders may run at once. */
export function createSender(ports: SenderPorts): Sender {
  const { store, log } = ports;
  const running = new Set<Promise<void>>();
  const closing = new AbortController();
  let woken = new AbortController();
  let mayHaveMore = false;
  const wake = () => woken.abort();
  const claims = createClaims(ports, wake);
  const attempt = createAttempt({ ...ports, ...claims });

  const logFailure = (error: unknown): void =>
    log.warn({ err: error }, 'due mails could not be read, or an outcome could not be stored; retrying');
  const logSweepFailure = (error: unknown): void =>
    log.warn({ err: error }, 'ended counters of mails to an address could not be deleted yet; this will be retried');
  const begin = (mail: Claimed, startedMs: number): void => {
    const ended = attempt(mail, startedMs)
      .catch(logFailure)
      .finally(() => {
        running.delete(ended);
        if (mayHaveMore) wake();
      });
    running.add(ended);
  };
  const round = async (): Promise<void> => {
    const startedMs = performance.now();
    const free = claims.outage.permits(CONCURRENT_MAX - running.size, running.size);
    const claimed = free > 0 ? await claims.claim(free) : [];
    mayHaveMore = claimed.length === free;
    for (const mail of claimed) begin(mail, startedMs);
  };
  const finished = (async () => {
    while (!closing.signal.aborted) {
      // Before the claim, so that a wake during the claim is not lost.
      woken = new AbortController();
      await round().catch(logFailure);
      await sleep(POLL_MS, undefined, { signal: woken.signal }).catch(() => {});
    }
    await Promise.all(running);
  })();
  const swept = runPeriodically({ signal: closing.signal, everyMs: SWEEP_EVERY_MS, onFailed: logSweepFailure }, () =>
    store.sweepTurns(),
  );

  return {
    wake,
    wakeLookups() {
      claims.lookAgain();
      wake();
    },
    async close() {
      closing.abort();
      wake();
      await Promise.all([finished, swept]);
    },
  };
}

/** Returns a function that claims mails for up to `free` attempts, and the objects that limit the claims. */
function createClaims({ store }: SenderPorts, onFree: () => void) {
  const shares = createDomainShares(CONCURRENT_MAX, onFree);
  const outage = createOutage();
  let lookedMs = -Infinity;

  const claimAwaiting = async (free: number): Promise<Claimed[]> => {
    if (free === 0 || performance.now() - lookedMs < POLL_MS) return [];
    lookedMs = performance.now();
    return store.claimAwaiting(Math.min(free, AWAITING_MAX), LEASE_MS);
  };
  const claimDue = async (free: number): Promise<Claimed[]> =>
    free === 0 ? [] : store.claim(free, LEASE_MS, shares.rests());

  return {
    shares,
    outage,
    lookAgain: () => (lookedMs = -Infinity),
    async claim(free: number): Promise<Claimed[]> {
      // Due mails come first while the users service is away: if only the buyers with failing look-ups asked it, an
      // answer about another buyer could not show that it is back.
      const [first, second] = outage.isAway() ? [claimDue, claimAwaiting] : [claimAwaiting, claimDue];
      const claimed = await first(free);
      return [...claimed, ...(await second(free - claimed.length))];
    },
  };
}
