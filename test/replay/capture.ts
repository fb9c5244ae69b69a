import { proxySinks, type Sinks, type WorkflowInterceptorsFactory } from '@temporalio/workflow';

/** What a workflow asked an activity for. */
export interface Asked {
  activity: string;
  kind: 'local' | 'regular';
  args: unknown[];
}

export interface CaptureSinks extends Sinks {
  capture: { asked(asked: Asked): void };
}

const { capture } = proxySinks<CaptureSinks>();

/** Tells the outside what the workflow asks its activities for. Runs in the sandbox, and changes nothing of the history. */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [
    {
      scheduleActivity(input, next) {
        capture.asked({ activity: input.activityType, kind: 'regular', args: input.args });
        return next(input);
      },
      scheduleLocalActivity(input, next) {
        capture.asked({ activity: input.activityType, kind: 'local', args: input.args });
        return next(input);
      },
    },
  ],
});
