import type { Log } from '../lib/log.ts';
import type { Activities } from './index.ts';

/** Which parts of an activity's input and answer an operator finds a line by. None of them is about a person. */
const FOUND_BY = ['orderId', 'userId', 'version', 'correlationId', 'outcome', 'status', 'reason', 'cause'] as const;

/** The activities, each with one line in the log when it has been done. One that fails is told by Temporal, and tried again. */
export function logged(activities: Activities, log: Log): Activities {
  const entries = Object.entries(activities as unknown as Record<string, (input: object) => Promise<unknown>>).map(
    ([name, act]) => {
      const loggedAct = async (input: object) => {
        const startedMs = performance.now();
        const answer = await act(input);
        log.info(
          {
            role: 'worker',
            activity: name,
            ...pick(input),
            ...pick(answer),
            ms: Math.round(performance.now() - startedMs),
          },
          'activity',
        );
        return answer;
      };
      return [name, loggedAct] as const;
    },
  );
  return Object.fromEntries(entries) as unknown as Activities;
}

function pick(from: unknown): Record<string, unknown> {
  if (typeof from !== 'object' || from === null) return {};
  return Object.fromEntries(
    Object.entries(from).filter(([name, value]) => value !== null && FOUND_BY.some((each) => each === name)),
  );
}
