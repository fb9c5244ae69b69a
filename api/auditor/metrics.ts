import { Gauge, register } from 'prom-client';
import type { Drift } from './findings.ts';
import { invariants, type Invariant } from './invariants.ts';

export interface ComparisonMetrics {
  report(drifts: readonly Drift[], round: RoundState): void;
  close(): void;
}

interface RoundState {
  /** Every buyer has been checked. */
  passComplete: boolean;
  /** Number of buyers whom the last attempt could not check. */
  unchecked: number;
}

/** `audit_drift` has no value before the first round, since 0 would mean that there is no drift. */
export function createComparisonMetrics(): ComparisonMetrics {
  const drift = new Gauge({
    name: 'audit_drift',
    help: 'Number of drifts, by invariant',
    labelNames: ['invariant'],
  });
  const lastRun = new Gauge({
    name: 'audit_last_run_timestamp_seconds',
    help: 'When the last audit round ended',
  });
  const lastPass = new Gauge({
    name: 'audit_last_pass_timestamp_seconds',
    help: 'When the audit last completed a pass over all buyers',
  });
  const unchecked = new Gauge({
    name: 'audit_unchecked_buyers',
    help: 'Buyers who could not be audited and will be tried again',
  });
  const gauges = {
    audit_unchecked_buyers: unchecked,
    audit_drift: drift,
    audit_last_run_timestamp_seconds: lastRun,
    audit_last_pass_timestamp_seconds: lastPass,
  };

  // An unset gauge is 0, which means 1970, so the alert on a hanging audit would fire at once. Set both to now.
  lastRun.setToCurrentTime();
  lastPass.setToCurrentTime();

  return {
    report(drifts, { passComplete, unchecked: count }) {
      unchecked.set(count);
      for (const invariant of Object.keys(invariants) as Invariant[]) {
        drift.set({ invariant }, drifts.filter((each) => each.invariant === invariant).length);
      }
      lastRun.setToCurrentTime();
      if (passComplete) lastPass.setToCurrentTime();
    },
    close: () => Object.keys(gauges).forEach((name) => register.removeSingleMetric(name)),
  };
}
