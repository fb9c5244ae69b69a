import { workflowTypes } from '../../specs/temporal.ts';

/** Finds this installation's workflows in a shared namespace. */
export const onQueue = (taskQueue: string): string => `TaskQueue = '${taskQueue.replaceAll("'", "\\'")}'`;

/** Finds this installation's workflows that have been running since before the given time. */
export const runningSince = (taskQueue: string, before: Date): string =>
  `ExecutionStatus = 'Running' AND ${onQueue(taskQueue)} AND StartTime < '${before.toISOString()}'`;

/** Finds workflows of any of these types. */
export const ofType = (...types: ReadonlyArray<keyof typeof workflowTypes>): string =>
  `WorkflowType IN (${types.map((type) => `'${workflowTypes[type]}'`).join(', ')})`;
