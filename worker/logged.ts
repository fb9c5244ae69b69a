import type { Log } from '../lib/log.ts';
import type { Activities } from '../specs/temporal.ts';

/** Fields of inputs and results by which operators search the log. None is personal. */
const LOGGED_FIELDS = [
  'orderId',
  'userId',
  'version',
  'correlationId',
  'outcome',
  'status',
  'reason',
  'cause',
] as const;

/** Logs each success. Temporal logs and retries failures. */
export function logged(activities: Activities, log: Log): Activities {
  const entries = Object.entries(activities as unknown as Record<string, (input: object) => Promise<unknown>>).map(
    ([name, act]) => {
      const loggedAct = async (input: object) => {
        const startedMs = performance.now();
        const result = await act(input);
        log.info(
          {
            role: 'worker',
            activity: name,
            ...pick(input),
            ...pick(result),
            ms: Math.round(performance.now() - startedMs),
          },
          'activity',
        );
        return result;
      };
      return [name, loggedAct] as const;
    },
  );
  return Object.fromEntries(entries) as unknown as Activities;
}

function pick(from: unknown): Record<string, unknown> {
  if (typeof from !== 'object' || from === null) return {};
  return Object.fromEntries(
    Object.entries(from).filter(([name, value]) => value !== null && LOGGED_FIELDS.some((field) => field === name)),
  );
}
