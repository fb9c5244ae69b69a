import { Counter } from 'prom-client';
import type { Log } from '../../lib/log.ts';
import { runPeriodically } from '../../lib/loop.ts';

/** A row that must have a workflow. */
export interface Row {
  workflowId: string;
  start(): Promise<void>;
  /** Records in the row that its workflow exists. */
  mark?(): Promise<void>;
}

export interface ReconcilerPorts {
  /** Rows old enough to have a workflow. */
  sources: ReadonlyArray<{ kind: string; rows(): AsyncIterable<Row> }>;
  /** True if the workflow is running or has completed. Reads the run itself, since Temporal's searches lag behind. */
  exists(workflowId: string): Promise<boolean>;
  log: Log;
  everyMs: number;
}

const startedTotal = new Counter({
  name: 'auditor_workflows_started_total',
  help: 'Missing workflows that the auditor has started',
  labelNames: ['kind'],
});

/**
 * Starts the workflows of rows that have none, because a process died after it wrote the row or because Temporal was
 * down. Any number of reconcilers may run at once: to start a workflow that is already running changes nothing.
 */
export function createReconciler({ sources, exists, log, everyMs }: ReconcilerPorts) {
  const stop = new AbortController();

  const startMissing = async (): Promise<number> => {
    let started = 0;
    for (const { kind, rows } of sources) {
      for await (const row of rows()) {
        if (stop.signal.aborted) return started;
        if (!(await exists(row.workflowId))) {
          await row.start();
          started++;
          startedTotal.inc({ kind });
          log.warn({ role: 'auditor', workflowId: row.workflowId }, 'started the workflow of a row that had none');
        }
        await row.mark?.();
      }
    }
    return started;
  };

  const onFailed = (error: unknown) =>
    log.warn({ role: 'auditor', err: error }, 'looking for missing workflows failed and will be retried');

  return {
    /** Returns how many workflows it started. */
    startMissing,
    run() {
      const running = runPeriodically({ signal: stop.signal, everyMs, onFailed }, startMissing);
      return {
        async close() {
          stop.abort();
          await running;
        },
      };
    },
  };
}
