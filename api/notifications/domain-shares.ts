import type { DomainRests } from './claim-statements.ts';

export interface DomainShares {
  /** Adds a mail to the domain. Returns undefined if the domain has no share left. */
  take(domainKey: string): Share | undefined;
  /** Adds a mail that was claimed within the domain's rest. */
  reserve(domainKey: string): Share;
  /** How many more mails may be sent to each domain now. */
  rests(): DomainRests;
}

interface Share {
  release(): void;
}

/** A domain is slow if its last mail took longer than this, and proven if it did not. Other domains are unknown. */
const SLOW_MS = 2_000;
const REMEMBERED_MAX = 100;

/**
 * Divides the `size` senders of a process among mail domains. A proven domain gets at most half of them, any other
 * domain a quarter. All slow domains together get at most half. Unknown domains may turn out to be slow, so slow and
 * unknown domains together get at most three quarters. The rest remains for proven domains. Calls `onFree` when a
 * domain without a share gets one back.
 */
export function createDomainShares(size: number, onFree: () => void): DomainShares {
  const max = { proven: size / 2, other: size / 4, slowTogether: size / 2, unprovenTogether: (size * 3) / 4 };
  const running = new Set<{ domainKey: string; sinceMs: number }>();
  const speeds = createSpeeds();

  const countOf = (isCounted: (domainKey: string) => boolean): number =>
    [...running].filter(({ domainKey }) => isCounted(domainKey)).length;
  const unprovenRest = () => max.unprovenTogether - countOf((each) => !speeds.isProven(each));
  const restOf = (domainKey: string): number => {
    const own = countOf((each) => each === domainKey);
    if (speeds.isProven(domainKey)) return Math.max(0, max.proven - own);
    const slowRest = speeds.isSlow(domainKey) ? max.slowTogether - countOf(speeds.isSlow) : Infinity;
    return Math.max(0, Math.min(max.other - own, unprovenRest(), slowRest));
  };
  const noteLongSends = (): void => {
    for (const { domainKey, sinceMs } of running) speeds.note(domainKey, performance.now() - sinceMs, false);
  };
  const reserve = (domainKey: string): Share => {
    const mail = { domainKey, sinceMs: performance.now() };
    running.add(mail);
    return {
      release() {
        const wasFull = restOf(domainKey) === 0;
        running.delete(mail);
        speeds.note(domainKey, performance.now() - mail.sinceMs, true);
        if (wasFull) onFree();
      },
    };
  };

  return {
    reserve,
    take(domainKey) {
      noteLongSends();
      return restOf(domainKey) > 0 ? reserve(domainKey) : undefined;
    },
    rests() {
      noteLongSends();
      const known = new Set([...speeds.known(), ...Array.from(running, ({ domainKey }) => domainKey)]);
      return {
        otherwise: Math.max(0, Math.min(max.other, unprovenRest())),
        listed: Array.from(known, (domainKey) => ({ domainKey, rest: restOf(domainKey) })),
      };
    },
  };
}

/** Remembers whether the last mail to each domain was fast or slow. */
function createSpeeds() {
  const slow = new Map<string, boolean>();
  return {
    isSlow: (domainKey: string): boolean => slow.get(domainKey) === true,
    isProven: (domainKey: string): boolean => slow.get(domainKey) === false,
    known: () => slow.keys(),
    /** Notes how long a mail took, or has taken so far if it is still being sent. */
    note(domainKey: string, tookMs: number, isDone: boolean): void {
      const isSlow = tookMs > SLOW_MS;
      if (!isSlow && !isDone) return;
      slow.delete(domainKey);
      slow.set(domainKey, isSlow);
      const [oldest] = slow.keys();
      if (slow.size > REMEMBERED_MAX) slow.delete(oldest!);
    },
  };
}
