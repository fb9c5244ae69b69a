import { databaseFault } from '../../lib/database.ts';

/** Nothing has happened so far: something else was at work on the account for longer than a request may wait. */
export class InProgress extends Error {
  /** True when it was this same request, asked for earlier. */
  readonly isRepeat: boolean;

  constructor(isRepeat: boolean, cause?: unknown) {
    super('something else is at work on the account', { cause });
    this.isRepeat = isRepeat;
  }
}

export interface Turn {
  /** True when the same request was at work already as this one came. */
  isRepeat: boolean;
  /** Throws `InProgress` when the request came too long ago for another statement to be begun. */
  goOn(): void;
}

interface Account {
  running: number;
  waiting: Array<() => void>;
  requests: string[];
}

/**
 * Lets so many requests on one account be at work at once, in the order in which they came. They wait for the account's row anyway,
 * each with a connection to the database: an account that is locked for long must not take those that all others need.
 * Nothing is begun later than `waitMs` after a request came. Rejects with `InProgress` then, and when a statement has waited in vain.
 */
export function createTurns({ atOnce, waitMs }: { atOnce: number; waitMs: number }) {
  const accounts = new Map<string, Account>();

  return async <T>(ownerId: string, request: string, act: (turn: Turn) => Promise<T>): Promise<T> => {
    const account = accounts.get(ownerId) ?? { running: 0, waiting: [], requests: [] };
    accounts.set(ownerId, account);
    const untilMs = performance.now() + waitMs;
    const turn: Turn = {
      isRepeat: account.requests.includes(request),
      goOn() {
        if (performance.now() > untilMs) throw new InProgress(turn.isRepeat);
      },
    };
    account.requests.push(request);
    try {
      if (account.running < atOnce) account.running++;
      else if (!(await handedOver(account, waitMs))) throw new InProgress(turn.isRepeat);
      try {
        return await act(turn);
      } catch (error) {
        throw databaseFault(error) === 'timeout' ? new InProgress(turn.isRepeat, error) : error;
      } finally {
        // Whoever ends hands its place over, so that nobody who comes later slips in between.
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

/** False when nobody has handed its place over in time. */
const handedOver = ({ waiting }: Account, waitMs: number): Promise<boolean> =>
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
