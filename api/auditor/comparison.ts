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
  let after: string | undefined;

  const round = async (): Promise<Drift[]> => {
    const owners = await nextOwners(views, after, ownersMax);
    // Least recently checked first: a Map keeps the order of insertion, and buyers who drift again go to its end.
    const drifting = [...known.keys()].filter((owner) => owner !== undefined).slice(0, ownersMax);
    const checked = new Set([...owners, ...drifting]);
    const { drifts } = await compare(views, checked, { ...patience, signal: stop.signal });
    for (const owner of [undefined, ...checked]) known.delete(owner);
    for (const [owner, own] of Map.groupBy(drifts, ({ ownerId }) => ownerId)) known.set(owner, own);
    const passComplete = owners.length < ownersMax;
    after = passComplete ? undefined : owners.at(-1);
    const all = [...known.values()].flat();
    metrics.report(all, passComplete);
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

async function nextOwners(views: AuditPorts, after: string | undefined, max: number): Promise<string[]> {
  const owners: string[] = [];
  for await (const owner of ownersFrom(views, after)) {
    if (owners.push(owner) >= max) break;
  }
  return owners;
}
