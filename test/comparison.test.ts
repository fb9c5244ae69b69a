/** The auditor's own audit: round after round through all buyers, a part at a time, told by metrics. Over books in memory. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { register } from 'prom-client';
import type { AuditPorts } from '../api/auditor/audit.ts';
import { createComparison } from '../api/auditor/comparison.ts';
import { createComparisonMetrics, type ComparisonMetrics } from '../api/auditor/metrics.ts';
import { createLog } from '../lib/log.ts';
import { eventually } from './support/eventually.ts';

let metrics: ComparisonMetrics | undefined;
afterEach(() => metrics?.close());

/** Buyers by letter, whose balances may be wrong by so much. */
function world(buyers: string) {
  const wrongBy = new Map(buyers.split('').map((buyer) => [buyer, 0n]));
  const looked: string[] = [];
  const state = { wrongBy, looked, indexes: [] as string[], away: false, settles: false, isActive: false, moved: 0n };
  const none = async () => [];
  const books: AuditPorts = {
    orders: { owners: none, ofOwner: none },
    billing: {
      owners: async (after = '', limit) => [...wrongBy.keys()].filter((buyer) => buyer > after).slice(0, limit),
      async ofOwner(buyer) {
        if (state.away) throw new Error('billing is away');
        looked.push(buyer);
        const balance = wrongBy.get(buyer)!;
        if (state.settles) wrongBy.set(buyer, 0n);
        if (state.isActive) state.moved += 10n;
        return { account: { balance: state.moved + balance, ledgerSum: state.moved }, movements: [], outcomes: [] };
      },
    },
    notifications: { owners: none, ofOwner: none },
    workflows: { compare: async () => ({ drifts: [], announcing: new Map() }), owners: async () => new Set() },
    indexes: [{ database: 'orders', invalid: async () => state.indexes }],
  };
  metrics = createComparisonMetrics();
  const comparison = createComparison({
    books,
    metrics,
    log: createLog('silent'),
    everyMs: 5,
    ownersMax: 2,
    patience: { looksMax: 2, settleMs: 1 },
  });
  return {
    ...state,
    state,
    comparison,
    /** Those who are looked at in one round. */
    async round(): Promise<string> {
      looked.length = 0;
      await comparison.round();
      return [...new Set(looked)].join('');
    },
  };
}

const valueOf = async (name: string, invariant?: string) => {
  const { values } = await register.getSingleMetric(name)!.get();
  return values.find(({ labels }) => labels['invariant'] === invariant)?.value;
};
const drift = (invariant: string) => valueOf('audit_drift', invariant);

test('each round looks at the next buyers, and after the last at the first again', async () => {
  const { round } = world('abcde');
  assert.deepEqual([await round(), await round(), await round(), await round()], ['ab', 'cd', 'e', 'ab']);
});

test('that every buyer was looked at is told apart from that some were', async () => {
  const { round } = world('abc');
  const values = () => Promise.all(['run', 'pass'].map((name) => valueOf(`audit_last_${name}_timestamp_seconds`)));
  const begun = await values();
  await eventually(() => assert.ok(Date.now() > Math.max(...begun.map(Number)) * 1000 + 1));
  await round();
  const [run, pass] = await values();
  assert.deepEqual([run! > begun[0]!, pass], [true, begun[1]]);
  await eventually(async () => {
    await round();
    assert.ok((await values())[1]! > begun[1]!);
  });
});

test('an audit that never ends its first round is late from the start on, and not since 1970', async () => {
  world('a');
  for (const name of ['run', 'pass'])
    assert.ok(Math.abs((await valueOf(`audit_last_${name}_timestamp_seconds`))! - Date.now() / 1000) < 60);
});

test('before the first round no figure says that there is no drift', async () => {
  world('a');
  assert.deepEqual((await register.getSingleMetric('audit_drift')!.get()).values, []);
});

test('drift is counted by its invariant, looked at in every round, and gone when it is mended', async () => {
  const { round, wrongBy } = world('abcde');
  wrongBy.set('a', 1n).set('b', -1n);
  assert.equal(await round(), 'ab');
  assert.deepEqual([await drift('I1'), await drift('I2'), await drift('I5')], [2, 1, 0]);
  wrongBy.set('a', 0n);
  assert.equal(await round(), 'cdab');
  assert.deepEqual([await drift('I1'), await drift('I2')], [1, 1]);
  wrongBy.set('b', 0n);
  assert.equal(await round(), 'eb');
  assert.deepEqual([await drift('I1'), await drift('I2')], [0, 0]);
  assert.equal(await round(), 'ab');
});

test('what looks like drift for a moment is none', async () => {
  const { wrongBy, comparison, state } = world('a');
  wrongBy.set('a', 1n);
  state.settles = true;
  assert.deepEqual([await comparison.round(), state.looked.length], [[], 2]);
});

test('drift is told of a buyer too whose money goes on moving, as it was last seen', async () => {
  const { wrongBy, comparison, state } = world('a');
  wrongBy.set('a', 1n);
  state.isActive = true;
  assert.deepEqual(
    (await comparison.round()).map(({ what }) => what),
    ['the balance is 21, and the ledger adds up to 20'],
  );
});

test('an index that is not valid is drift of nobody, and is gone with it', async () => {
  const { round, state } = world('');
  state.indexes = ['doubles'];
  await round();
  assert.equal(await drift('I21'), 1);
  state.indexes = [];
  await round();
  assert.equal(await drift('I21'), 0);
});

test('a round that is cut short leaves the figures and their time as they are, and the next one goes on', async () => {
  const { comparison, state, wrongBy } = world('a');
  wrongBy.set('a', 1n);
  const running = comparison.run();
  await eventually(async () => assert.equal(await drift('I1'), 1));
  state.away = true;
  const last = await eventually(async () => {
    const before = await valueOf('audit_last_run_timestamp_seconds');
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(await valueOf('audit_last_run_timestamp_seconds'), before);
    return before!;
  });
  wrongBy.set('a', 0n);
  assert.equal(await drift('I1'), 1);
  state.away = false;
  await eventually(async () => assert.equal(await drift('I1'), 0));
  assert.ok((await valueOf('audit_last_run_timestamp_seconds'))! > last);
  await running.close();
  metrics = undefined;
});
