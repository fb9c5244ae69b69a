import { databaseFault } from '../../lib/database-faults.ts';

/** Other requests on the account took too long, so this one had no effect. */
export class InProgress extends Error {
  /** True if the same request was already running. */
  readonly isRepeat: boolean;

  constructor(isRepeat: boolean, cause?: unknown) {
    super('timed out waiting for other requests on the account', { cause });
    this.isRepeat = isRepeat;
  }
}

export interface Slot {
  /** True if the same request was already running. */
  isRepeat: boolean;
  /** Throws `InProgress` if it is too late to go on trying. */
  throwIfLate(): void;
}

interface Account {
  running: number;
  waiting: Array<() => void>;
  requests: string[];
}

/**
 * Runs at most `concurrent` requests per account at once, in order of arrival. Otherwise the requests of a locked
 * account would hold the connections that all other accounts need. Rejects with `InProgress` if a request gets no slot
 * within `waitMs` of its arrival, if `act` calls `throwIfLate` after that time, and if a statement times out.
 */
export function createAccountQueue({ concurrent, waitMs }: { concurrent: number; waitMs: number }) {
  const accounts = new Map<string, Account>();

  return async <T>(ownerId: string, request: string, act: (slot: Slot) => Promise<T>): Promise<T> => {
    const account = accounts.get(ownerId) ?? { running: 0, waiting: [], requests: [] };
    accounts.set(ownerId, account);
    const deadlineMs = performance.now() + waitMs;
    const slot: Slot = {
      isRepeat: account.requests.includes(request),
      throwIfLate() {
        if (performance.now() > deadlineMs) throw new InProgress(slot.isRepeat);
      },
    };
    account.requests.push(request);
    try {
      if (account.running < concurrent) account.running++;
      else if (!(await waitForSlot(account, waitMs))) throw new InProgress(slot.isRepeat);
      try {
        return await act(slot);
      } catch (error) {
        throw databaseFault(error) === 'timeout' ? new InProgress(slot.isRepeat, error) : error;
      } finally {
        // The next request gets the slot directly, so that a newcomer cannot take it in between.
        const next = account.waiting.shift();
        if (next) next();
        else account.running--;
      }
    } finally {
      account.requests.splice(account.requests.indexOf(request), 1);
      if (account.requests.length === 0) accounts.delete(ownerId);
    }
  };
}

/** False after a timeout. */
const waitForSlot = ({ waiting }: Account, waitMs: number): Promise<boolean> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => {
      waiting.splice(waiting.indexOf(next), 1);
      resolve(false);
    }, waitMs);
    const next = () => {
      clearTimeout(timer);
      resolve(true);
    };
    waiting.push(next);
  });
