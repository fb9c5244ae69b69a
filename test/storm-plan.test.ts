/** What a seed decides, and what is understood of a command line. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readArguments } from './storm/arguments.ts';
import { verdictOf } from './storm/clients/verdict.ts';
import { readBalance, createOrder } from './storm/clients/requests.ts';
import { eachOf } from './storm/each-of.ts';
import { faultKinds } from './storm/nemesis/faults.ts';
import { planFaults } from './storm/nemesis/plan.ts';
import { createPrng } from './storm/prng.ts';
import { toText } from './storm/report.ts';
import { edgeNames } from './storm/world/edges.ts';
import { exchange, refusal, soundBooks } from './support/storm-history.ts';

test('the same seed plans the same, and another one something else', () => {
  const plan = (seed: number) => planFaults(createPrng(seed), 60);
  assert.deepEqual(plan(1), plan(1));
  assert.notDeepEqual(plan(1), plan(2));
});

test('of sixty faults each kind has at least three, spread over all that is ordered, and nearly every way is spoilt once', () => {
  const plan = planFaults(createPrng(5), 60);
  const counts = Map.groupBy(plan, ({ kind }) => kind);
  assert.deepEqual(
    Object.keys(faultKinds).filter((kind) => (counts.get(kind as keyof typeof faultKinds)?.length ?? 0) < 3),
    [],
  );
  assert.ok(plan.every(({ at }, n) => at >= 0 && at < 1 && (n === 0 || at >= plan[n - 1]!.at)));
  const ways = new Set(plan.map(({ target }) => target).filter((target) => edgeNames.some((name) => name === target)));
  assert.ok(ways.size >= 20);
  assert.equal(new Set(planFaults(createPrng(6), 8).map(({ kind }) => kind)).size, 8);
});

test('chance is fair enough, stays within its bounds, and goes its own way after a fork', () => {
  const prng = createPrng(9);
  const drawn = Array.from({ length: 6_000 }, () => prng.between(1, 6));
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6].map((side) => Math.round(drawn.filter((each) => each === side).length / 200) > 3),
    Array.from({ length: 6 }, () => true),
  );
  assert.match(prng.uuid(), /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  const [one, same] = [createPrng(3), createPrng(3)];
  const [forked, alike] = [one.fork(), same.fork()];
  one.next();
  assert.equal(forked.next(), alike.next());
});

test('an answer says that a request had its effect, that it had none, or neither', () => {
  const order = createOrder(5, { ifMatch: 0 });
  assert.deepEqual(
    [
      exchange(order, { status: 202 }),
      exchange(order, refusal(409, 'insufficient-funds')),
      exchange(order, refusal(409, 'stale-order-list')),
    ].map(verdictOf),
    ['taken', 'taken', 'refused'],
  );
  assert.deepEqual(
    [exchange(order), exchange(order, refusal(503, 'unavailable')), exchange(order, refusal(409, 'in-progress'))].map(
      verdictOf,
    ),
    ['unknown', 'unknown', 'unknown'],
  );
  assert.equal(verdictOf(exchange(readBalance(), refusal(409, 'insufficient-funds'))), 'refused');
});

test('a command line is understood, or refused', () => {
  const { mutant, ...asked } = readArguments([
    '--seed',
    '7',
    '--orders',
    '20',
    '--faults',
    '0',
    '--mutant',
    'auditor-off',
  ]);
  assert.deepEqual([asked, mutant?.name], [{ seed: 7, orders: 20, faults: 0 }, 'auditor-off']);
  assert.throws(() => readArguments(['--mutant', 'x']), /There is no mutant x. There are .*auditor-off/);
  const { orders, faults, seed } = readArguments([]);
  assert.deepEqual([orders, faults, Number.isInteger(seed)], [2_000, 60, true]);
  for (const words of [['--seed', 'x'], ['--orders', '-1'], ['--what'], ['more']])
    assert.throws(() => readArguments(words));
});

test('each is done once, some at a time, and answered in its place', async () => {
  let atOnce = 0;
  let most = 0;
  const doubled = await eachOf([1, 2, 3, 4, 5], 2, async (each) => {
    most = Math.max(most, ++atOnce);
    await new Promise((resolve) => setImmediate(resolve));
    atOnce--;
    return each * 2;
  });
  assert.deepEqual([doubled, most], [[2, 4, 6, 8, 10], 2]);
});

test('a report names its seed, its figures and the first violation', () => {
  const holdings = {
    descriptors: { auth: 40 },
    sockets: { auth: 9 },
    heapMb: { auth: 50.4 },
    connections: { orders: 3 },
  };
  const report = {
    seeds: [7],
    faults: planFaults(createPrng(1), 3),
    failpoints: { hit: ['place:after', 'place:after'], all: 58 },
    books: soundBooks(),
    requests: 12,
    unknown: 3,
    restarts: 2,
    tookMs: 61_000,
    violations: [],
    looks: 5,
    quietMs: [900],
    holdings: { start: holdings, end: holdings },
  };
  const text = toText(report);
  assert.match(text, /^seed 7, 61\.0 s in all, quiet 0\.9 s after the last fault$/m);
  assert.match(text, /^failpoints hit +1 of 58, 2 deaths$/m);
  assert.match(text, /^auth +40 → 40 +9 → 9 +50 → 50$/m);
  assert.match(text, /^all invariants hold$/m);
  assert.match(
    toText({ ...report, violations: [{ invariant: 'I4', what: 'twice' }] }),
    /^first violation: I4 twice\n1 violations$/m,
  );
});
