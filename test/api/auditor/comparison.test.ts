/** The auditor audits a few buyers per round and reports drift as metrics. The audit data is in memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { register } from 'prom-client';
import { eventually } from '../../support/eventually.ts';
import { drift, valueOf, world } from '../../support/shop/compared.ts';

test('each round audits the next buyers and starts over after the last', async () => {
  const { round } = world('abcde');
  assert.deepEqual([await round(), await round(), await round(), await round()], ['ab', 'cd', 'e', 'ab']);
});

test('metrics distinguish a completed round from a completed pass over all buyers', async () => {
  const { round } = world('abc');
  const values = () => Promise.all(['run', 'pass'].map((name) => valueOf(`audit_last_${name}_timestamp_seconds`)));
  const initial = await values();
  await eventually(() => assert.ok(Date.now() > Math.max(...initial.map(Number)) * 1000 + 1));
  await round();
  const [run, pass] = await values();
  assert.deepEqual([run! > initial[0]!, pass], [true, initial[1]]);
  await eventually(async () => {
    await round();
    assert.ok((await values())[1]! > initial[1]!);
  });
});

test('before the first round ends, the timestamps are the start time, not 1970', async () => {
  world('a');
  for (const name of ['run', 'pass'])
    assert.ok(Math.abs((await valueOf(`audit_last_${name}_timestamp_seconds`))! - Date.now() / 1000) < 60);
});

test('before the first round audit_drift has no value', async () => {
  world('a');
  assert.deepEqual((await register.getSingleMetric('audit_drift')!.get()).values, []);
});

test('drift is counted by invariant, checked again in every round, and cleared when repaired', async () => {
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

test('a short mismatch is not reported as drift', async () => {
  const { wrongBy, comparison, state } = world('a');
  wrongBy.set('a', 1n);
  state.settles = true;
  assert.deepEqual([await comparison.round(), state.looked.length], [[], 2]);
});

test('drift of an active buyer is reported with the last balance seen', async () => {
  const { wrongBy, comparison, state } = world('a');
  wrongBy.set('a', 1n);
  state.isActive = true;
  assert.deepEqual(
    (await comparison.round()).map(({ what }) => what),
    ['the balance is 21, but the ledger sums to 20'],
  );
});

test('an invalid index is drift without a buyer, and is cleared when the index is valid', async () => {
  const { round, state } = world('');
  state.indexes = ['doubles'];
  await round();
  assert.equal(await drift('I21'), 1);
  state.indexes = [];
  await round();
  assert.equal(await drift('I21'), 0);
});

test('a failed round leaves metrics and timestamps unchanged, and the next round continues', async () => {
  const { comparison, state, wrongBy } = world('a');
  wrongBy.set('a', 1n);
  const running = comparison.run();
  await eventually(async () => assert.equal(await drift('I1'), 1));
  state.isDown = true;
  const last = await eventually(async () => {
    const before = await valueOf('audit_last_run_timestamp_seconds');
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(await valueOf('audit_last_run_timestamp_seconds'), before);
    return before!;
  });
  wrongBy.set('a', 0n);
  assert.equal(await drift('I1'), 1);
  state.isDown = false;
  await eventually(async () => assert.equal(await drift('I1'), 0));
  assert.ok((await valueOf('audit_last_run_timestamp_seconds'))! > last);
  await running.close();
});
