/** How the senders of a process are divided among mail domains. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDomainShares } from '../../../api/notifications/domain-shares.ts';

const SIZE = 12;

function start(t: { mock: { method: typeof import('node:test').mock.method } }) {
  let nowMs = 0;
  let freed = 0;
  t.mock.method(performance, 'now', () => nowMs);
  const shares = createDomainShares(SIZE, () => freed++);
  const takeAll = (domainKey: string) => {
    const taken = [];
    for (let share = shares.take(domainKey); share; share = shares.take(domainKey)) taken.push(share);
    return taken;
  };
  return {
    shares,
    takeAll,
    freed: () => freed,
    pass: (ms: number) => void (nowMs += ms),
    prove: (domainKey: string) => shares.take(domainKey)!.release(),
    restOf: (domainKey: string) => {
      const { otherwise, listed } = shares.rests();
      return listed.find((each) => each.domainKey === domainKey)?.rest ?? otherwise;
    },
  };
}

test('an unknown domain gets a quarter of the senders, a proven one half', (t) => {
  const { takeAll, prove, restOf } = start(t);
  assert.equal(restOf('a'), 3);
  assert.equal(takeAll('a').length, 3);
  assert.equal(restOf('a'), 0);
  prove('b');
  assert.equal(restOf('b'), 6);
  assert.equal(takeAll('b').length, 6);
});

test('however many unknown domains there are, they leave a quarter of the senders to proven ones', (t) => {
  const { takeAll, prove, restOf } = start(t);
  prove('good');
  const taken = Array.from({ length: 20 }, (_, n) => takeAll(`unknown${n}`).length);
  assert.equal(
    taken.reduce((sum, each) => sum + each),
    9,
  );
  assert.equal(restOf('another'), 0);
  assert.ok(takeAll('good').length >= 3);
});

test('slow domains together get half of the senders, and a domain that is slow loses its larger share', (t) => {
  const { takeAll, prove, pass, restOf } = start(t);
  for (const each of ['a', 'b', 'c']) prove(each);
  const first = ['a', 'b'].flatMap(takeAll);
  assert.equal(first.length, 12);
  pass(3_000);
  assert.equal(restOf('a'), 0);
  for (const share of first) share.release();
  const again = ['a', 'b', 'c'].map((each) => takeAll(each).length);
  assert.deepEqual(again, [3, 3, 6]);
});

test('mails that are slow right now make their domain slow', (t) => {
  const { shares, prove, pass, restOf } = start(t);
  prove('a');
  for (let n = 0; n < 2; n++) shares.take('a');
  assert.equal(restOf('a'), 4);
  pass(3_000);
  assert.equal(restOf('a'), 1);
});

test('a domain that becomes fast is proven again, and a share that comes back to a full domain is reported', (t) => {
  const { takeAll, pass, restOf, freed, prove } = start(t);
  const slow = takeAll('a');
  pass(3_000);
  slow[0]!.release();
  assert.equal(freed(), 1);
  for (const share of slow.slice(1)) share.release();
  assert.equal(restOf('a'), 3);
  prove('a');
  assert.equal(restOf('a'), 6);
});

test('a mail that was claimed within the rest counts at once', (t) => {
  const { shares, restOf } = start(t);
  for (let n = 0; n < 2; n++) shares.reserve('a');
  assert.equal(restOf('a'), 1);
});

test('only some domains are remembered', (t) => {
  const { shares, prove } = start(t);
  for (let n = 0; n < 500; n++) prove(`domain${n}`);
  assert.ok(shares.rests().listed.length <= 100);
});
