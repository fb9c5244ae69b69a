import type { Log } from '../../lib/log.ts';
import { runPeriodically } from '../../lib/loop.ts';
import { compare, ownersFrom, type AuditPorts, type Patience } from './audit.ts';
import type { Drift } from './findings.ts';
import type { ComparisonMetrics } from './metrics.ts';

export interface ComparisonPorts {
  views: AuditPorts;
  metrics: ComparisonMetrics;
  log: Log;
  everyMs: number;
  /** Buyers per round. */
  ownersMax: number;
  patience?: Patience;
}

/**
 * Audits in rounds. Each round checks the next buyers in order of their ids. It also checks the buyers with known drift
 * again, so that a repair shows soon.
 */
export function createComparison({ views, metrics, log, everyMs, ownersMax, patience }: ComparisonPorts) {
  const stop = new AbortController();
  const known = new Map<string | undefined, Drift[]>();
  const unchecked = new Set<string>();
  let after: string | undefined;

  const round = async (): Promise<Drift[]> => {
    const owners = await nextOwners(views, after, ownersMax);
    const passComplete = owners.length < ownersMax;
    const next = passComplete ? undefined : owners.at(-1);
    // Least recently checked first: a Map keeps the order of insertion, and buyers who drift again go to its end.
    const drifting = [...known.keys()]
      .filter((owner) => owner !== undefined && !unchecked.has(owner))
      .slice(0, ownersMax) as string[];
    // Buyers who could not be checked come last: three failures in a row before the first success end the round.
    const fresh = owners.filter((owner) => !unchecked.has(owner));
    const due = new Set([...fresh, ...drifting, ...[...unchecked].slice(0, ownersMax)]);
    // If earlier rounds could check no buyer of this page, this round may fail too. So move on to the next page first.
    if (fresh.length === 0) after = next;
    const report = await compare(views, movedToEnd(due, unchecked), { ...patience, signal: stop.signal });
    after = next;
    const checked = [...due].filter((owner) => !report.unchecked.has(owner));
    for (const owner of [undefined, ...checked]) known.delete(owner);
    for (const owner of due) unchecked.delete(owner);
    for (const owner of report.unchecked.keys()) unchecked.add(owner);
    const { drifts } = report;
    for (const [owner, own] of Map.groupBy(drifts, ({ ownerId }) => ownerId)) known.set(owner, own);
    const all = [...known.values()].flat();
    metrics.report(all, { passComplete: passComplete && unchecked.size === 0, unchecked: unchecked.size });
    if (report.unchecked.size > 0)
      log.error(
        { role: 'auditor', buyers: report.unchecked.size, err: report.unchecked.values().next().value },
        'some buyers could not be audited and will be tried again',
      );
    if (drifts.length > 0)
      log.error(
        { role: 'auditor', drifts: all.length, first: drifts[0] },
        'the audit found drift; run `npm run audit` for the details',
      );
    return all;
  };

  const onFailed = (error: unknown) =>
    log.warn({ role: 'auditor', err: error }, 'an audit round failed and will be retried');

  return {
    /** Returns all known drift. */
    round,
    run() {
      const running = runPeriodically({ signal: stop.signal, everyMs, onFailed }, round);
      return {
        async close() {
          stop.abort();
          await running;
          metrics.close();
        },
      };
    },
  };
}

/** Yields the members of `due` and moves each of them to the end of `all`, so that the others are next. */
function* movedToEnd(due: Iterable<string>, all: Set<string>): Generator<string> {
  for (const each of due) {
    all.delete(each);
    all.add(each);
    yield each;
  }
}

async function nextOwners(views: AuditPorts, after: string | undefined, max: number): Promise<string[]> {
  const owners: string[] = [];
  for await (const owner of ownersFrom(views, after)) {
    if (owners.push(owner) >= max) break;
  }
  return owners;
}
