import { databaseFault } from '../../lib/database-faults.ts';
import { createLane, NoTurn, type Lane } from '../../lib/lane.ts';
import { createHeldAccounts } from './held-accounts.ts';

/** Other requests on the account, or locks that other sessions hold, took too long, so this one had no effect. */
export class InProgress extends Error {
  constructor(cause?: unknown) {
    super('timed out waiting for the account', { cause });
  }
}

export interface QueueLimits {
  /** Attempts of one account at once. */
  concurrent: number;
  /** Attempts at once of all locked accounts together. */
  heldConcurrent: number;
  /** A request's first attempt must start within this time. */
  startWithinMs: number;
  /** A request's last attempt must start within this time. */
  endWithinMs: number;
}

export interface Request<T> {
  /** Must fail with a timeout, without an effect, if it waited too long for a lock. */
  attempt(this: void, throwIfLate: () => void): Promise<T>;
  /** Returns the result of an earlier attempt, without waiting for a lock. */
  earlier(this: void): Promise<T | undefined>;
}

interface Account {
  requests: number;
  turns: Lane;
  heldTurns: Lane;
}

/** How long an account counts as locked after an attempt found it locked. */
const HELD_MS = 10_000;

/**
 * Runs the requests of each account in turn. An attempt that finds the account locked gives its connection back and is
 * repeated. Until an attempt succeeds or `HELD_MS` have passed, the account counts as locked: it gets one attempt at a
 * time, and all locked accounts share `heldConcurrent` connections. So the other connections stay free, however many
 * accounts are locked. Rejects with `InProgress` when it is too late for another attempt.
 */
export function createAccountQueue(limits: QueueLimits) {
  const withAccount = createAccounts(limits.concurrent);
  const held = createHeldAccounts(HELD_MS);
  const heldLane = createLane(limits.heldConcurrent);

  /** Undefined if another request found the account locked meanwhile. */
  const whileFree = <T>(ownerId: string, { turns }: Account, act: () => Promise<T>, untilMs: number) =>
    turns(async () => (held.has(ownerId) ? undefined : act()), untilMs);

  async function repeat<T>(ownerId: string, account: Account, { attempt, earlier }: Request<T>): Promise<T> {
    const startedMs = performance.now();
    const endMs = startedMs + limits.endWithinMs;
    let untilMs = startedMs + limits.startWithinMs;
    const act = async () => {
      const result = await attempt(() => {
        if (performance.now() > endMs) throw new InProgress();
      });
      held.delete(ownerId);
      return result;
    };
    for (;;) {
      const isHeld = held.has(ownerId);
      try {
        const result = isHeld
          ? ((await earlier()) ?? (await account.heldTurns(() => heldLane(act, endMs), untilMs)))
          : await whileFree(ownerId, account, act, untilMs);
        if (result !== undefined) return result;
      } catch (error) {
        if (error instanceof NoTurn) throw new InProgress(error);
        if (databaseFault(error) !== 'timeout') throw error;
        held.add(ownerId);
        if (performance.now() >= endMs) throw new InProgress(error);
        untilMs = endMs;
      }
    }
  }

  return <T>(ownerId: string, request: Request<T>): Promise<T> =>
    withAccount(ownerId, (account) => repeat(ownerId, account, request));
}

/** Keeps an account's turns as long as it has requests. */
function createAccounts(concurrent: number) {
  const accounts = new Map<string, Account>();
  return async <T>(ownerId: string, act: (account: Account) => Promise<T>): Promise<T> => {
    const account = accounts.get(ownerId) ?? { requests: 0, turns: createLane(concurrent), heldTurns: createLane(1) };
    accounts.set(ownerId, account);
    account.requests++;
    try {
      return await act(account);
    } finally {
      if (--account.requests === 0) accounts.delete(ownerId);
    }
  };
}
