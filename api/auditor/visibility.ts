/** What finds the workflows of this installation, in a namespace that others may share. */
export const onQueue = (taskQueue: string): string => `TaskQueue = '${taskQueue.replaceAll("'", "\\'")}'`;

/** What finds those of them that have been running since before a moment. */
export const runningSince = (taskQueue: string, before: Date): string =>
  `ExecutionStatus = 'Running' AND ${onQueue(taskQueue)} AND StartTime < '${before.toISOString()}'`;
