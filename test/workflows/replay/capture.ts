import { proxySinks, type Sinks, type WorkflowInterceptorsFactory } from '@temporalio/workflow';

/** A workflow's call of an activity. */
export interface ActivityCall {
  activity: string;
  kind: 'local' | 'regular';
  args: unknown[];
}

export interface CaptureSinks extends Sinks {
  capture: { called(call: ActivityCall): void };
}

const { capture } = proxySinks<CaptureSinks>();

/** Reports the activity calls of a workflow and changes nothing in its history. */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [
    {
      scheduleActivity(input, next) {
        capture.called({ activity: input.activityType, kind: 'regular', args: input.args });
        return next(input);
      },
      scheduleLocalActivity(input, next) {
        capture.called({ activity: input.activityType, kind: 'local', args: input.args });
        return next(input);
      },
    },
  ],
});
