import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Activities } from '../specs/temporal.ts';

/**
 * Refuses activities that were started without a workflow. Temporal lets any client start one with any input, but an
 * activity relies on the results of earlier steps: for example, `settleOrder` writes a status that billing has decided.
 */
export function onlyInWorkflows(activities: Activities): Activities {
  const entries = Object.entries(activities as unknown as Record<string, (input: object) => Promise<unknown>>).map(
    ([name, act]) => {
      const guarded = async (input: object) => {
        if (!activityInfo().inWorkflow)
          throw ApplicationFailure.nonRetryable(`${name} may be started only by a workflow`, 'NotInWorkflow');
        return act(input);
      };
      return [name, guarded] as const;
    },
  );
  return Object.fromEntries(entries) as unknown as Activities;
}
