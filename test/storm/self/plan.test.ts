/** The parts of a storm that decide without servers: seed, plan, command line, verdict and report. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchange, refusal, consistentRows } from '../../support/fakes/storm-history.ts';
import { readArguments } from '../arguments.ts';
import { readBalance, createOrder } from '../clients/requests.ts';
import { verdictOf } from '../clients/verdict.ts';
import { FINAL_TOP_UP, walletOfBuyer } from '../clients/wallet.ts';
import { mapConcurrently } from '../map-concurrently.ts';
import { faultKinds } from '../nemesis/faults.ts';
import { planFaults } from '../nemesis/plan.ts';
import { createPrng } from '../prng.ts';
import { toText } from '../report.ts';
import { edgeNames } from '../world/edges.ts';

test('a seed gives always the same plan, and different seeds different plans', () => {
  const plan = (seed: number) => planFaults(createPrng(seed), 60);
  assert.deepEqual(plan(1), plan(1));
  assert.notDeepEqual(plan(1), plan(2));
});

test('sixty faults include at least three of each kind and nearly every edge, spread over all orders', () => {
  const plan = planFaults(createPrng(5), 60);
  const counts = Map.groupBy(plan, ({ kind }) => kind);
  assert.deepEqual(
    Object.keys(faultKinds).filter((kind) => (counts.get(kind as keyof typeof faultKinds)?.length ?? 0) < 3),
    [],
  );
  assert.ok(
    plan.every(({ startsAt }, n) => startsAt >= 0 && startsAt < 1 && (n === 0 || startsAt >= plan[n - 1]!.startsAt)),
  );
  const edges = new Set(plan.map(({ target }) => target).filter((target) => edgeNames.some((name) => name === target)));
  assert.ok(edges.size >= 19);
  assert.equal(new Set(planFaults(createPrng(6), 8).map(({ kind }) => kind)).size, 8);
});

test('twenty faults already lose and withhold the answers of billing to the worker', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const plan = planFaults(createPrng(seed), 20).filter(({ target }) => target === 'worker to billing');
    assert.deepEqual(
      ['lost-answers', 'silence'].filter((kind) => plan.every((fault) => fault.kind !== kind)),
      [],
    );
  }
});

test('the generator is roughly uniform, keeps its bounds, and is independent of its forks', () => {
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

test('a response shows that its request was applied, was rejected, or has an unknown outcome', () => {
  const order = createOrder(5, { ifMatch: 0 });
  assert.deepEqual(
    [
      exchange(order, { status: 202 }),
      exchange(order, refusal(409, 'insufficient-funds')),
      exchange(order, refusal(409, 'stale-order-list')),
    ].map(verdictOf),
    ['applied', 'applied', 'rejected'],
  );
  assert.deepEqual(
    [exchange(order), exchange(order, refusal(503, 'unavailable')), exchange(order, refusal(409, 'in-progress'))].map(
      verdictOf,
    ),
    ['unknown', 'unknown', 'unknown'],
  );
  assert.equal(verdictOf(exchange(readBalance(), refusal(409, 'insufficient-funds'))), 'rejected');
});

test('a command line is parsed or refused', () => {
  const { mutant, ...counts } = readArguments([
    '--seed',
    '7',
    '--orders',
    '20',
    '--faults',
    '0',
    '--mutant',
    'auditor-off',
  ]);
  assert.deepEqual([counts, mutant?.name], [{ seed: 7, orders: 20, faults: 0 }, 'auditor-off']);
  assert.throws(() => readArguments(['--mutant', 'x']), /There is no mutant x\. Use one of .*auditor-off/);
  const { orders, faults, seed } = readArguments([]);
  assert.deepEqual([orders, faults, Number.isInteger(seed)], [2_000, 60, true]);
  for (const words of [['--seed', 'x'], ['--orders', '-1'], ['--what'], ['more']])
    assert.throws(() => readArguments(words));
});

test('mapConcurrently runs each item once, within the limit, and keeps the order of results', async () => {
  let running = 0;
  let most = 0;
  const doubled = await mapConcurrently([1, 2, 3, 4, 5], 2, async (each) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    return each * 2;
  });
  assert.deepEqual([doubled, most], [[2, 4, 6, 8, 10], 2]);
});

test('a report contains its seed, its figures and the first violation', () => {
  const resources = {
    descriptors: { auth: 40 },
    sockets: { auth: 9 },
    heapMb: { auth: 50.4 },
    connections: { orders: 3 },
  };
  const report = {
    seeds: [7],
    faults: planFaults(createPrng(1), 3),
    failpoints: { hit: ['place:after', 'place:after'], all: 58 },
    rows: consistentRows(),
    requests: 12,
    unknown: 3,
    restarts: 2,
    tookMs: 61_000,
    violations: [],
    databaseChecks: 5,
    quietMs: [900],
    resources: { start: resources, end: resources },
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

test('the wallets cover every magnitude, and each can afford its prices and take the final top-up', () => {
  const prng = createPrng(4);
  const drawn = Array.from({ length: 4 }, (_each, n) => walletOfBuyer(n)).map((wallet) => ({
    ...wallet,
    prices: Array.from({ length: 200 }, () => wallet.price(prng)),
    deposits: Array.from({ length: 200 }, () => wallet.deposit(prng)),
  }));
  for (const { firstDeposit, prices, deposits, unaffordable } of drawn) {
    for (const amount of [firstDeposit, unaffordable, ...prices, ...deposits])
      assert.ok(Number.isSafeInteger(amount) && amount >= 1, String(amount));
    assert.ok(prices.every((price) => price <= firstDeposit) && unaffordable > firstDeposit);
    assert.ok(Number.isSafeInteger(firstDeposit + FINAL_TOP_UP + 10 ** 6));
  }
  const magnitudes = new Set(drawn.flatMap(({ prices }) => prices.map((price) => String(price).length)));
  assert.deepEqual(
    [1, 2, 4, 8, 12, 16].filter((digits) => !magnitudes.has(digits)),
    [],
  );
});
