/** What billing answers while something else is at work on the account for longer than a statement may take. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Client } from 'pg';
import { outcomeOf, type Answer } from './support/asking.ts';
import { asUser } from './support/callers.ts';
import { startPayments, under, worker, type Payments } from './support/payments.ts';
import { blocked, heldStatement } from './support/sessions.ts';

let payments: Payments;
let session: Client;

before(async () => {
  // As long as a statement may take in production.
  payments = await startPayments({ statementMs: 2_500 });
  session = new Client(payments.database.url);
  await session.connect();
});

after(async () => {
  await session.end();
  await payments.close();
});

const told = (answer: Answer) => [outcomeOf(answer), answer.headers.get('idempotent-replayed'), answer.headers.get('retry-after')];
const charge = (key: string, userId: string, amount: number) => payments.withdraw({ ...worker, ...under(key) }, { amount, userId });
const deposit = (key: string, userId: string, amount: number) => payments.replenish({ ...asUser(userId), ...under(key) }, { amount });
const cancel = (key: string, userId: string) => payments.cancel(worker, key, { userId, cause: 'deadline' });
/** At most as many at once as there are connections to the database: each waits for as long as it may. */
const all = (requests: Array<() => Promise<Answer>>) => Promise.all(requests.map((request) => request()));

async function whileAccountIsHeld<T>(owner: string, act: () => Promise<T>): Promise<T> {
  await payments.database.query('begin');
  await payments.database.query('update billing_accounts set amount = amount where owner_id = $1', [owner]);
  try {
    return await act();
  } finally {
    await payments.database.query('rollback');
  }
}

test('while another request holds the account what is asked is in progress, and has happened once when it is asked again', async () => {
  const buyer = await payments.buyerWith(100);
  const [charged, deposited, refunded] = [randomUUID(), randomUUID(), randomUUID()];
  await charge(refunded, buyer, 10);
  const requests = [() => charge(charged, buyer, 30), () => deposit(deposited, buyer, 5), () => cancel(refunded, buyer)];
  const held = await whileAccountIsHeld(buyer, () => all(requests));
  assert.deepEqual(
    held.map(told),
    requests.map(() => ['409 in-progress', null, '1']),
  );
  assert.deepEqual((await all(requests)).map(told), [
    ['201', null, null],
    ['201', null, null],
    ['200', null, null],
  ]);
  assert.equal((await payments.balance(buyer)).body.amount, 75);
});

test('a repeat of what is still running is in progress and flagged as replayed; another request under its key is not flagged', async () => {
  const buyers = await Promise.all([100, 100, 100].map((amount) => payments.buyerWith(amount)));
  const [charged, credited, refunded] = buyers as [string, string, string];
  const stranger = randomUUID();
  const key = randomUUID();
  await charge(key, refunded, 10);
  const first = await Promise.all([
    heldStatement(payments.database.url, (held) => held.withdraw({ ownerId: charged, scope: 'order', key, kind: 'withdrawal', amount: 30 })),
    heldStatement(payments.database.url, (held) => held.replenish({ ownerId: credited, scope: 'client', key, kind: 'replenishment', amount: 5 })),
    heldStatement(payments.database.url, (held) => held.cancel({ ownerId: refunded, scope: 'order', key }, 'buyer')),
    // Without an account only the promise is written.
    heldStatement(payments.database.url, (held) => held.cancel({ ownerId: stranger, scope: 'order', key }, 'buyer')),
  ]);
  const repeats = [() => charge(key, charged, 30), () => deposit(key, credited, 5), () => cancel(key, refunded), () => cancel(key, stranger)];
  const others = [() => charge(key, charged, 31), () => cancel(key, charged), () => deposit(randomUUID(), credited, 5)];
  const [repeated, other] = [await all(repeats), await all(others)];
  await Promise.all(first.map((held) => held.end(true)));
  assert.deepEqual([...repeated, ...other].map(told), [
    ...repeats.map(() => ['409 in-progress', 'true', '1']),
    ...others.map(() => ['409 in-progress', null, '1']),
  ]);
  assert.deepEqual((await all(repeats)).map(told), [
    ['201', 'true', null],
    ['201', 'true', null],
    ['200', 'true', null],
    ['200', 'true', null],
  ]);
});

test('of two that wait for a third one, the one that came second is the repeat', async () => {
  const buyer = await payments.buyerWith(100);
  const key = randomUUID();
  const answers = await whileAccountIsHeld(buyer, async () => {
    const first = charge(key, buyer, 30);
    await blocked(session);
    return Promise.all([first, charge(key, buyer, 30)]);
  });
  assert.deepEqual(answers.map(told), [
    ['409 in-progress', null, '1'],
    ['409 in-progress', 'true', '1'],
  ]);
  assert.deepEqual(told(await charge(key, buyer, 30)), ['201', null, null]);
  assert.equal((await payments.balance(buyer)).body.amount, 70);
});
