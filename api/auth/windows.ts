import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { Problem } from '../../lib/http/problem.ts';
import type { AttemptStore } from './attempt-store.ts';

/** Counts attempts by key in fixed windows, which all replicas share. */
export interface Window {
  readonly points: number;
  /** Text of the error for a caller beyond the limit. */
  readonly refusal: string;
  /**
   * Counts one more attempt. Returns 0, or the milliseconds to wait if this attempt exceeds the limit. Never returns
   * more than the length of the window, even if the measured clock difference to the database is wrong.
   */
  consume(key: string): Promise<number>;
  /** Subtracts one attempt. */
  takeBack(key: string): Promise<void>;
  /** The key in the table, which holds the counters of all windows. */
  rowOf(key: string): string;
}

export interface WindowOptions {
  prefix: string;
  points: number;
  durationS: number;
  refusal: string;
}

/** A limit that an attempt counts under. */
export type Limit = readonly [Window, key: string];

export type Windows = ReturnType<typeof createWindows>;

/**
 * How long a refusal is repeated without asking the database. A caller that keeps sending refused attempts then costs
 * one statement a second, not one per attempt.
 */
const REFUSED_FOR_MS = 1_000;
/** More addresses than are refused in a second. Each takes about 200 bytes. */
const REFUSED_MAX = 10_000;

export function createWindows(attempts: AttemptStore) {
  const refused = createRefused();
  return {
    window({ prefix, points, durationS, refusal }: WindowOptions): Window {
      const limiter = new RateLimiterPostgres({
        storeClient: { query: attempts.query },
        storeType: 'client',
        tableName: 'attempts',
        tableCreated: true,
        // The library would delete all ended windows in one statement. Instead, each check deletes some.
        clearExpiredByTimeout: false,
        keyPrefix: prefix,
        points,
        duration: durationS,
      });
      return {
        points,
        refusal,
        consume: async (key) => Math.min(await consume(limiter, key), durationS * 1000),
        takeBack: (key) => attempts.takeBack(limiter.getKey(key)),
        rowOf: (key) => limiter.getKey(key),
      };
    },

    /** Throws if one of these limits is used up. Counts nothing. */
    async check(limits: readonly Limit[]): Promise<void> {
      const rows = limits.map(([window, key]) => window.rowOf(key));
      refuseBeyond(limits, rows.map(refused.leftMs));
      const open = await attempts.open(rows);
      const waitOf = (row: string, max: number) =>
        open.find(({ key, points }) => key === row && points >= max)?.leftMs ?? 0;
      const waitsMs = limits.map(([window], n) => waitOf(rows[n]!, window.points));
      rows.forEach((row, n) => refused.note(row, waitsMs[n]!));
      refuseBeyond(limits, waitsMs);
    },

    /** Counts an attempt under each of these limits. Throws if it exceeds one. */
    async count(limits: readonly Limit[]): Promise<void> {
      refuseBeyond(limits, await Promise.all(limits.map(([window, key]) => window.consume(key))));
    },
  };
}

/** Remembers the windows that were used up within the last second. Their counts only grow until the windows end. */
function createRefused() {
  const ends = new Map<string, { forgetAtMs: number; endsAtMs: number }>();
  return {
    note(row: string, waitMs: number): void {
      if (waitMs <= 0) return;
      if (ends.size >= REFUSED_MAX) ends.clear();
      const nowMs = performance.now();
      ends.set(row, { forgetAtMs: nowMs + Math.min(waitMs, REFUSED_FOR_MS), endsAtMs: nowMs + waitMs });
    },
    /** Until the window ends; 0 if nothing is remembered. */
    leftMs(row: string): number {
      const known = ends.get(row);
      const nowMs = performance.now();
      if (known && known.forgetAtMs > nowMs) return known.endsAtMs - nowMs;
      ends.delete(row);
      return 0;
    },
  };
}

async function consume(limiter: RateLimiterPostgres, key: string): Promise<number> {
  try {
    await limiter.consume(key);
    return 0;
  } catch (refused) {
    if (refused instanceof RateLimiterRes) return Math.max(1, refused.msBeforeNext);
    throw refused;
  }
}

/** Throws the refusal of the limit with the longest wait, if there is one. */
function refuseBeyond(limits: readonly Limit[], waitsMs: readonly number[]): void {
  const longestMs = Math.max(...waitsMs);
  if (longestMs <= 0) return;
  const [{ refusal }] = limits[waitsMs.indexOf(longestMs)]!;
  throw tooMany(refusal, Math.ceil(longestMs / 1000));
}

/** The refusal of a request beyond a limit. */
export const tooMany = (refusal: string, waitS: number): Problem =>
  new Problem('too-many-requests', `${refusal}. Wait for the number of seconds in Retry-After, then try again`, {
    headers: { 'retry-after': String(waitS) },
  });
