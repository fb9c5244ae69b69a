import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import { databaseFault } from './database-faults.ts';

/** With each lost race, another transaction makes progress. */
const ATTEMPTS_MAX = 40;
const PAUSE_MS = { initialDelay: 2, maxDelay: 50 };

/**
 * Repeats a statement or transaction that Postgres ended because of a concurrent one: by a failed serialization or a
 * deadlock. Postgres has rolled it back, so another attempt is safe. Starts no attempt after `withinMs`.
 */
export async function retryLostRace<T>(act: () => Promise<T>, withinMs: number): Promise<T> {
  const deadlineMs = performance.now() + withinMs;
  const isLostRace = (error: unknown) => databaseFault(error) === 'conflict' && performance.now() < deadlineMs;
  try {
    return await act();
  } catch (error) {
    if (!isLostRace(error)) throw error;
  }
  return retry(handleWhen(isLostRace), {
    maxAttempts: ATTEMPTS_MAX,
    backoff: new ExponentialBackoff(PAUSE_MS),
  }).execute(act);
}
