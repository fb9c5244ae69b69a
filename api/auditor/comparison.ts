import type { Log } from '../../lib/log.ts';
import { rounds } from '../../lib/rounds.ts';
import { compare, ownersFrom, type AuditPorts, type Patience } from './audit.ts';
import type { Drift } from './book.ts';
import type { ComparisonMetrics } from './metrics.ts';

export interface ComparisonPorts {
  books: AuditPorts;
  metrics: ComparisonMetrics;
  log: Log;
  everyMs: number;
  /** How many buyers one round looks at. */
  ownersMax: number;
  patience?: Patience;
}

/**
 * Audits again and again, a part at a time: each round looks at the next buyers in the order of their ids, and again at those whose
 * drift is known, so that what was put right is seen at once. A large installation is gone through in many rounds, a small one in each.
 */
export function createComparison({ books, metrics, log, everyMs, ownersMax, patience }: ComparisonPorts) {
  const stop = new AbortController();
  const known = new Map<string | undefined, Drift[]>();
  let after: string | undefined;

  const round = async (): Promise<Drift[]> => {
    const owners = await nextOwners(books, after, ownersMax);
    // Those looked at longest ago first: who is found to drift goes to the end.
    const drifting = [...known.keys()].filter((owner) => owner !== undefined).slice(0, ownersMax);
    const looked = new Set([...owners, ...drifting]);
    const { drifts } = await compare(books, looked, { ...patience, signal: stop.signal });
    for (const owner of [undefined, ...looked]) known.delete(owner);
    for (const [owner, own] of Map.groupBy(drifts, ({ ownerId }) => ownerId)) known.set(owner, own);
    const passed = owners.length < ownersMax;
    after = passed ? undefined : owners.at(-1);
    const all = [...known.values()].flat();
    metrics.compared(all, passed);
    if (drifts.length > 0)
      log.error(
        { role: 'auditor', drifts: all.length, first: drifts[0] },
        'the parts of the system do not agree: see npm run audit',
      );
    return all;
  };

  const onFailed = (error: unknown) =>
    log.warn({ role: 'auditor', err: error }, 'a comparison was cut short; it is done again');

  return {
    /** One round. Answers all drift that is known after it. */
    round,
    /** Rounds until it is closed. */
    run() {
      const watching = rounds({ signal: stop.signal, everyMs, onFailed }, round);
      return {
        async close() {
          stop.abort();
          await watching;
          metrics.close();
        },
      };
    },
  };
}

async function nextOwners(books: AuditPorts, after: string | undefined, max: number): Promise<string[]> {
  const owners: string[] = [];
  for await (const owner of ownersFrom(books, after)) {
    if (owners.push(owner) >= max) break;
  }
  return owners;
}
