/** An auditor over audit data in memory, for the importing test file. */
import { afterEach } from 'node:test';
import { register } from 'prom-client';
import type { AuditPorts } from '../../../api/auditor/audit.ts';
import { createComparison } from '../../../api/auditor/comparison.ts';
import { createComparisonMetrics, type ComparisonMetrics } from '../../../api/auditor/metrics.ts';
import { createLog } from '../../../lib/log.ts';

let metrics: ComparisonMetrics | undefined;
afterEach(() => {
  metrics?.close();
  metrics = undefined;
});

/** Audit data in which each letter of `buyers` is a buyer. `wrongBy` maps a buyer to the error in the balance. */
export function world(buyers: string, ownersMax = 2) {
  const wrongBy = new Map(buyers.split('').map((buyer) => [buyer, 0n]));
  const looked: string[] = [];
  const attempts: string[] = [];
  const [unreadable, failsAfter] = [new Set<string>(), new Map<string, number>()];
  const state = {
    wrongBy,
    looked,
    indexes: [] as string[],
    isDown: false,
    settles: false,
    isActive: false,
    moved: 0n,
    unreadable,
    failsAfter,
  };
  const none = async () => [];
  const views: AuditPorts = {
    orders: { owners: none, ofOwner: none },
    billing: {
      owners: async (after = '', limit) => [...wrongBy.keys()].filter((buyer) => buyer > after).slice(0, limit),
      async ofOwner(buyer) {
        attempts.push(buyer);
        if (state.isDown) throw new Error('billing is down');
        const failing = attempts.filter((each) => each === buyer).length > (failsAfter.get(buyer) ?? Infinity);
        if (unreadable.has(buyer) || failing) throw new Error('this buyer cannot be read');
        looked.push(buyer);
        const balance = wrongBy.get(buyer)!;
        if (state.settles) wrongBy.set(buyer, 0n);
        if (state.isActive) state.moved += 10n;
        return { account: { balance: state.moved + balance, ledgerSum: state.moved }, movements: [], outcomes: [] };
      },
    },
    notifications: { owners: none, ofOwner: none },
    workflows: {
      compare: async () => ({ drifts: [], announcing: new Map() }),
      ownerless: async () => [],
      owners: async () => new Set(),
    },
    indexes: [{ database: 'orders', invalid: async () => state.indexes }],
  };
  metrics = createComparisonMetrics();
  const comparison = createComparison({
    views,
    metrics,
    log: createLog('silent'),
    everyMs: 5,
    ownersMax,
    patience: { checksMax: 2, pauseMs: 1 },
  });
  return {
    ...state,
    state,
    attempts,
    comparison,
    /** Runs a round and returns the buyers that it audited. */
    async round(): Promise<string> {
      looked.length = 0;
      await comparison.round();
      return [...new Set(looked)].join('');
    },
  };
}

export const valueOf = async (name: string, invariant?: string) => {
  const { values } = await register.getSingleMetric(name)!.get();
  return values.find(({ labels }) => labels['invariant'] === invariant)?.value;
};
export const drift = (invariant: string) => valueOf('audit_drift', invariant);
