/** A time is read as the moment that it names. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTime } from '../../lib/database-times.ts';

const times: Record<string, string> = {
  '2026-11-28 21:00:00+00': '2026-11-28T21:00:00.000Z',
  '2026-11-28 21:00:00.123456+00': '2026-11-28T21:00:00.123Z',
  '2026-11-29 02:45:00+05:45': '2026-11-28T21:00:00.000Z',
  '2026-11-28 16:00:00-05': '2026-11-28T21:00:00.000Z',
  '1880-01-01 00:19:32+00:19:32': '1880-01-01T00:00:00.000Z',
  infinity: '9999-12-31T23:59:59.999Z',
  '-infinity': '0001-01-01T00:00:00.000Z',
  '20000-01-01 00:00:00+00': '9999-12-31T23:59:59.999Z',
  '0044-03-15 00:00:00+00 BC': '0001-01-01T00:00:00.000Z',
};
for (const [written, read] of Object.entries(times)) {
  test(`${written} is read as ${read}`, () => assert.equal(readTime(written), read));
}

test('a time in another style is an error, not another time', () => {
  assert.throws(() => readTime('28.11.2026 21:00:00 UTC'), /not in ISO style/);
});
