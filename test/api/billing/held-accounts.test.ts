/** Sessions outside of billing hold accounts and keys locked. Other buyers must not notice. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { forgottenSession } from '../../support/postgres/sessions.ts';
import { asUser } from '../../support/requests/callers.ts';
import { outcomeOf, type Answer } from '../../support/requests/contract-client.ts';
import { paced, steady } from '../../support/requests/paced.ts';
import { startPayments, under, worker, type Payments } from '../../support/shop/payments.ts';

/** As in production. */
const STATEMENT_MS = 2_500;
const CONNECT_MS = 1_500;
/** A buyer whose account is free waits for less than billing waits before it answers 409. */
const OTHERS_MS = STATEMENT_MS;
const ROUNDS = 4;

let payments: Payments;
before(async () => {
  payments = await startPayments({ statementMs: STATEMENT_MS, connectMs: CONNECT_MS });
});
after(() => payments.close());

const charge = (userId: string, key: string, amount = 1) =>
  payments.withdraw({ ...worker, ...under(key) }, { amount, userId });
const deposit = (userId: string, key: string) =>
  payments.replenish({ ...asUser(userId), ...under(key) }, { amount: 1 });
const cancel = (userId: string, key: string) => payments.cancel(worker, key, { userId, cause: 'deadline' });
const buyers = (count: number) => Promise.all(Array.from({ length: count }, () => payments.buyerWith(100)));
const balances = (of: string[]) => Promise.all(of.map(async (buyer) => (await payments.balance(buyer)).body.amount));
const kinds = (answers: Answer[]) => [...new Set(answers.map(outcomeOf))].toSorted();

/** A charge, a deposit, a cancellation and reads of a new buyer, one after the other, until `stop` settles. */
async function shopUntil(stop: Promise<unknown>) {
  const buyer = await payments.buyerWith(100);
  let key = randomUUID();
  const requests = [
    () => charge(buyer, key),
    () => deposit(buyer, key),
    () => cancel(buyer, key),
    () => payments.balance(buyer),
    () => payments.ledger(buyer),
  ];
  const { answers, slowestMs } = await steady(stop, (n) => {
    if (n % requests.length === 0) key = randomUUID();
    return requests[n % requests.length]!();
  });
  return { kinds: kinds(answers), slowestMs };
}

/** Several buyers shop until `stop` settles. Fails unless each is served, and in time. */
async function assertOthersServed(stop: Promise<unknown>): Promise<void> {
  for (const other of await Promise.all([shopUntil(stop), shopUntil(stop), shopUntil(stop)])) {
    assert.deepEqual(other.kinds, ['200', '201']);
    assert.ok(other.slowestMs < OTHERS_MS, `a request of another buyer took ${other.slowestMs} ms`);
  }
}

for (const count of [6, 20])
  test(`while sessions hold ${count} accounts, each with a request a second, all other buyers are served`, async () => {
    const held = await buyers(count);
    const keys = Array.from({ length: ROUNDS }, () => randomUUID());
    const each = [charge, deposit];
    const sessions = await forgottenSession(
      payments.database.url,
      'select from billing_accounts where owner_id = any($1) for update',
      [held],
    );
    const requests = Promise.all(
      held.map((owner, n) => paced(1_000, ROUNDS, (r) => each[(n + r) % 2]!(owner, keys[r]!))),
    );
    await assertOthersServed(requests);
    assert.deepEqual(kinds((await requests).flat()), ['409 in-progress']);

    await sessions.end(false);
    const again = () => Promise.all(held.flatMap((owner, n) => keys.map((key, r) => each[(n + r) % 2]!(owner, key))));
    assert.deepEqual(kinds(await again()), ['201']);
    const settled = await balances(held);
    assert.deepEqual(kinds(await again()), ['201']);
    assert.deepEqual([await balances(held), settled], [Array(count).fill(100), Array(count).fill(100)]);
  });

test('requests that wait for locked accounts act once when the locks are released', async () => {
  const held = await buyers(8);
  const charged = randomUUID();
  await Promise.all(held.map((owner) => charge(owner, charged, 30)));
  const sessions = await forgottenSession(
    payments.database.url,
    'select from billing_accounts where owner_id = any($1) for update',
    [held],
  );
  const key = randomUUID();
  const requests = held.flatMap((owner) => [charge(owner, key), charge(owner, key), cancel(owner, charged)]);
  await eventually(() => assertWaiting(2));
  await sessions.end(false);
  assert.deepEqual(kinds(await Promise.all(requests)), ['200', '201']);
  assert.deepEqual(await balances(held), Array(8).fill(99));
});

test('while an account is locked, an uncharged key is cancelled, and a late charge under it is refused', async () => {
  const [owner] = await buyers(1);
  const key = randomUUID();
  const sessions = await forgottenSession(
    payments.database.url,
    'select from billing_accounts where owner_id = $1 for update',
    [owner],
  );
  const early = charge(owner!, key);
  await eventually(() => assertWaiting(1));
  assert.deepEqual((await cancel(owner!, key)).body, { outcome: 'CANCELLED', cause: 'deadline' });
  assert.deepEqual(kinds([await early, await charge(owner!, key)]), ['409 charge-cancelled']);
  await sessions.end(false);
  assert.deepEqual(kinds([await charge(owner!, key)]), ['409 charge-cancelled']);
  assert.deepEqual(await balances([owner!]), [100]);
});

/** What other sessions may hold besides the account, and the requests that wait for it. */
const keys: ReadonlyArray<{
  of: string;
  lock: string;
  request(owner: string, key: string): Promise<Answer>;
  charged: boolean;
  afterwards: string;
}> = [
  {
    of: 'outcomes of charges to refund',
    lock: 'select from outcomes where owner_id = any($1) and idempotency_key = $2::uuid for update',
    request: cancel,
    charged: true,
    afterwards: '200',
  },
  {
    of: 'ledger entries of charges to refund',
    lock: 'select from transactions where owner_id = any($1) and idempotency_key = $2::uuid for update',
    request: cancel,
    charged: true,
    afterwards: '200',
  },
  {
    of: 'new keys',
    lock: `insert into outcomes (owner_id, scope, idempotency_key, kind, outcome, cause)
      select unnest($1::uuid[]), 'order', $2::uuid, 'withdrawal', 'CANCELLED', 'operator'`,
    request: charge,
    charged: false,
    afterwards: '201',
  },
  {
    of: 'new keys to cancel',
    lock: `insert into outcomes (owner_id, scope, idempotency_key, kind, outcome, cause)
      select unnest($1::uuid[]), 'order', $2::uuid, 'withdrawal', 'CANCELLED', 'operator'`,
    request: cancel,
    charged: false,
    afterwards: '200',
  },
];
for (const { of, lock, request, charged, afterwards } of keys)
  test(`while sessions hold ${of}, all other buyers are served`, async () => {
    const held = await buyers(12);
    const key = randomUUID();
    if (charged) await Promise.all(held.map((owner) => charge(owner, key)));
    const sessions = await forgottenSession(payments.database.url, lock, [held, key]);
    const requests = Promise.all(held.map((owner) => paced(1_000, 2, () => request(owner, key))));
    await assertOthersServed(requests);
    assert.deepEqual(kinds((await requests).flat()), ['409 in-progress']);
    // Another key of the same account is served too: it waits at most for one attempt under the held key.
    assert.deepEqual(kinds(await Promise.all(held.map((owner) => deposit(owner, randomUUID())))), ['201']);
    await sessions.end(false);
    assert.deepEqual(kinds(await Promise.all(held.map((owner) => request(owner, key)))), [afterwards]);
  });

/** Fails unless at least `count` sessions wait for a lock. */
async function assertWaiting(count: number): Promise<void> {
  const rows = await payments.database.query(
    `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  assert.ok(rows.length >= count, `${rows.length} sessions wait for a lock`);
}
