import { Counter, Gauge } from 'prom-client';
import type { Log } from '../../lib/log.ts';
import { runPeriodically } from '../../lib/loop.ts';

/** A row that must have a workflow. */
export interface Row {
  workflowId: string;
  start(): Promise<void>;
  /** Records in the row that its workflow exists. */
  mark?(): Promise<void>;
}

interface Source {
  kind: string;
  rows(): AsyncIterable<Row>;
}

export interface ReconcilerPorts {
  /** Rows old enough to have a workflow. */
  sources: readonly Source[];
  /** True if the workflow is running or has completed. Reads the run itself, since Temporal's searches lag behind. */
  exists(workflowId: string): Promise<boolean>;
  /** Rejects if Temporal does not answer. If it is omitted, every failure is taken for a failure of the row alone. */
  check?(): Promise<void>;
  log: Log;
  everyMs: number;
}

interface Failure {
  workflowId: string;
  error: unknown;
}

const startedTotal = new Counter({
  name: 'auditor_workflows_started_total',
  help: 'Missing workflows that the auditor has started',
  labelNames: ['kind'],
});
const failedRows = new Gauge({
  name: 'auditor_rows_failed',
  help: 'Rows whose workflow the auditor could not start or find in its last round',
  labelNames: ['kind'],
});

/**
 * Starts the workflows of rows that have none, because a process died after it wrote the row or because Temporal was
 * down. Any number of reconcilers may run at once: to start a workflow that is already running changes nothing.
 */
export function createReconciler({ sources, exists, check = async () => {}, log, everyMs }: ReconcilerPorts) {
  const stop = new AbortController();

  /** Returns true if it started the workflow. */
  const ensureStarted = async (kind: string, row: Row): Promise<boolean> => {
    const missing = !(await exists(row.workflowId));
    if (missing) {
      await row.start();
      startedTotal.inc({ kind });
      log.warn({ role: 'auditor', workflowId: row.workflowId }, 'started the workflow of a row that had none');
    }
    await row.mark?.();
    return missing;
  };

  /**
   * A row that fails must not keep the rows behind it from their workflows, so the round goes on. If Temporal does not
   * answer, this rejects at once, because every further row would fail too, each after its own timeout.
   */
  const startMissingOf = async ({ kind, rows }: Source): Promise<number> => {
    let started = 0;
    const failures: Failure[] = [];
    for await (const row of rows()) {
      if (stop.signal.aborted) return started;
      try {
        if (await ensureStarted(kind, row)) started++;
      } catch (error) {
        failures.push({ workflowId: row.workflowId, error });
        await check();
      }
    }
    failedRows.set({ kind }, failures.length);
    if (failures.length > 0) reportFailures(log, kind, failures);
    return started;
  };

  const startMissing = async (): Promise<number> => {
    let started = 0;
    for (const source of sources) {
      try {
        started += await startMissingOf(source);
      } catch (error) {
        // If Temporal answers, only this source's rows could not be read. The other sources may be in other databases.
        await check();
        onFailed(error);
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

/** One line for each round, not for each row: while a setting of Temporal is wrong, every row fails in every round. */
const reportFailures = (log: Log, kind: string, failures: readonly Failure[]) =>
  log.error(
    { role: 'auditor', kind, rows: failures.length, workflowId: failures[0]!.workflowId, err: failures[0]!.error },
    'rows are still without their workflow; the first one is named here, and all are tried again in the next round',
  );
