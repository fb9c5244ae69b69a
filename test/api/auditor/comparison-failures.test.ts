/** Buyers whom a round of the audit cannot check. The others are checked, and later rounds try these again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { valueOf, world } from '../../support/shop/compared.ts';

test('a buyer who cannot be audited hides neither the others nor their drift, and is tried again', async () => {
  const { comparison, state, wrongBy, round } = world('abcde');
  wrongBy.set('b', 1n).set('d', 1n);
  state.unreadable.add('a');
  const drifting = async () => (await comparison.round()).map(({ ownerId }) => ownerId);
  assert.deepEqual(await drifting(), ['b']);
  assert.equal(await valueOf('audit_unchecked_buyers'), 1);
  assert.deepEqual((await drifting()).toSorted(), ['b', 'd']);
  const before = await valueOf('audit_last_pass_timestamp_seconds');
  await round();
  assert.equal(await valueOf('audit_last_pass_timestamp_seconds'), before, 'a was not checked, so no pass is complete');

  state.unreadable.clear();
  wrongBy.set('a', 1n);
  assert.deepEqual((await drifting()).toSorted(), ['a', 'b', 'd']);
  assert.equal(await valueOf('audit_unchecked_buyers'), 0);
});

test('a page of buyers who cannot be audited does not hide the pages behind it', async () => {
  const { comparison, state, wrongBy } = world('abcdefgh');
  for (const buyer of 'abcdef') state.unreadable.add(buyer);
  wrongBy.set('h', 1n);
  await eventually(async () => {
    const drifts = await comparison.round().catch(() => []);
    assert.deepEqual(
      drifts.map(({ ownerId }) => ownerId),
      ['h'],
    );
  });
});

test('while a service is down, a round does not try every buyer', async () => {
  const { comparison, state, attempts } = world('abcdefgh', 8);
  state.isDown = true;
  await assert.rejects(comparison.round(), /billing is down/);
  assert.equal(attempts.length, 3);
});

test('a suspect who can no longer be read is not reported as drift but as unchecked', async () => {
  const { comparison, state, wrongBy } = world('ab');
  wrongBy.set('a', 1n);
  state.failsAfter.set('a', 1);
  assert.deepEqual(await comparison.round(), []);
  assert.equal(await valueOf('audit_unchecked_buyers'), 1);
});

test('the first buyers of a short list cannot hide those behind them', async () => {
  const { comparison, state, wrongBy } = world('abcdefgh', 100);
  for (const buyer of 'abcd') state.unreadable.add(buyer);
  wrongBy.set('h', 1n);
  await assert.rejects(comparison.round());
  assert.deepEqual(
    (await comparison.round()).map(({ ownerId }) => ownerId),
    ['h'],
  );
  assert.equal(await valueOf('audit_unchecked_buyers'), 4);
});
