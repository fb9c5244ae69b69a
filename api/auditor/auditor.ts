import { Counter } from 'prom-client';
import type { Log } from '../../lib/log.ts';
import { rounds } from '../../lib/rounds.ts';

/** A row that should have a workflow. */
export interface Row {
  workflowId: string;
  /** Starts its workflow unless it is there. */
  start(): Promise<void>;
  /** Notes in the row that its workflow is there, where the row has a place for that. */
  mark?(): Promise<void>;
}

export interface AuditorPorts {
  /** The rows of one kind that are old enough to have a workflow by now, a page at a time. */
  sources: ReadonlyArray<{ kind: string; rows(): AsyncIterable<Row> }>;
  /** True when a workflow with this id runs or has ended well: asked of the run itself, since visibility lags behind. */
  exists(workflowId: string): Promise<boolean>;
  log: Log;
  everyMs: number;
}

const startedTotal = new Counter({
  name: 'auditor_workflows_started_total',
  help: 'Workflows that a row lacked and that the auditor has started',
  labelNames: ['kind'],
});

/**
 * Looks, again and again, for rows without a workflow, and starts theirs: a process that died between the two, or a request that was
 * taken while Temporal was away, loses nothing. It decides nothing by itself, so any number of auditors may run at once.
 */
export function createAuditor({ sources, exists, log, everyMs }: AuditorPorts) {
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
          log.warn({ role: 'auditor', workflowId: row.workflowId }, 'a row had no workflow; it was started');
        }
        await row.mark?.();
      }
    }
    return started;
  };

  const onFailed = (error: unknown) =>
    log.warn({ role: 'auditor', err: error }, 'an audit was cut short; it is done again');

  return {
    /** One round. Answers how many workflows it started. */
    startMissing,
    /** Rounds until it is closed. */
    run() {
      const watching = rounds({ signal: stop.signal, everyMs, onFailed }, startMissing);
      return {
        async close() {
          stop.abort();
          await watching;
        },
      };
    },
  };
}
