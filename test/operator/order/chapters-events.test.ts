import assert from 'node:assert/strict';
import { test } from 'node:test';
import { searchSince } from '../../../operator/order/chapters/events.ts';

const NOW = Date.parse('2026-11-28T21:00:00Z');

test('the events of an order are searched from five minutes before it was placed', () => {
  assert.deepEqual(searchSince(new Date('2026-11-28T20:00:00Z'), NOW), new Date('2026-11-28T19:55:00Z'));
});

for (const time of ['9999-12-31T23:59:59.999Z', '0001-01-01T00:00:00.000Z', undefined])
  test(`the events of an order with the time ${time} are searched everywhere`, () =>
    assert.equal(searchSince(time === undefined ? undefined : new Date(time), NOW), undefined));
