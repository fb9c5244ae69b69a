import { Gauge, register } from 'prom-client';
import type { Drift } from './book.ts';
import { invariants, type Invariant } from './invariants.ts';

export interface ComparisonMetrics {
  /** Shows the drift that is known, and that it is known by now. `passed`: every buyer has been looked at since the last time. */
  compared(drifts: readonly Drift[], passed: boolean): void;
  close(): void;
}

/** The metrics of a comparison. Before its first round there is no figure of drift: that nobody has looked is not that there is none. */
export function createComparisonMetrics(): ComparisonMetrics {
  const drift = new Gauge({
    name: 'audit_drift',
    help: 'How much does not agree, by invariant',
    labelNames: ['invariant'],
  });
  const lastRun = new Gauge({
    name: 'audit_last_run_timestamp_seconds',
    help: 'When the last round of the audit ended',
  });
  const lastPass = new Gauge({
    name: 'audit_last_pass_timestamp_seconds',
    help: 'When the audit had last looked at every buyer',
  });
  const gauges = {
    audit_drift: drift,
    audit_last_run_timestamp_seconds: lastRun,
    audit_last_pass_timestamp_seconds: lastPass,
  };

  // From here on it is awaited: an alert on an audit that never comes counts from the start, and not from the year 1970.
  lastRun.setToCurrentTime();
  lastPass.setToCurrentTime();

  return {
    compared(drifts, passed) {
      for (const invariant of Object.keys(invariants) as Invariant[]) {
        drift.set({ invariant }, drifts.filter((each) => each.invariant === invariant).length);
      }
      lastRun.setToCurrentTime();
      if (passed) lastPass.setToCurrentTime();
    },
    close: () => Object.keys(gauges).forEach((name) => register.removeSingleMetric(name)),
  };
}
