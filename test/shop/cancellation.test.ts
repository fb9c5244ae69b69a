/** Cancels orders in the whole app, on real servers: before, during and after the charge, and while a part is down. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { auditCommand } from '../../operator/audit/command.ts';
import { orderId } from '../../specs/identity.ts';
import { eventually } from '../support/eventually.ts';
import { withoutCharges } from '../support/postgres/without-charges.ts';
import { outcomeOf, type Answer } from '../support/requests/contract-client.ts';
import { createBuyer, type Buyer } from '../support/shop/buyer.ts';
import { mailsTo } from '../support/shop/inbox.ts';
import { startLinkedShop, type LinkedShop } from '../support/shop/linked.ts';

const RACES = 40;
const AT_ONCE = 8;

let shop: LinkedShop;

before(async () => {
  shop = await startLinkedShop({ ANSWER_DEADLINE_MS: '8000', AUDIT_EVERY_MS: '200' });
});

after(() => shop?.stop());

const buyerWith = (balance: number) => createBuyer(shop.url, { balance });
const cancel = (buyer: Buyer, id: string) => buyer.ask('cancelOrder', 'PUT', `/orders/${id}/cancellation`);
const cancelled = (buyer: Buyer, id: string) =>
  eventually(async () => assert.equal((await buyer.readOrder(id)).body.status, 'CANCELLED'));
/** The buyer's notifications, oldest first. */
const events = async (buyer: Buyer): Promise<string[]> =>
  (await buyer.notifications()).body.map(({ event }: { event: string }) => event).toReversed();

test('the cancellation of a paid order refunds the money and notifies the buyer', async () => {
  const buyer = await buyerWith(100);
  const key = randomUUID();
  const { body: order } = await buyer.order(30, { ifMatch: 0, key });
  const first = await cancel(buyer, order.id);
  assert.deepEqual(
    [first.status, first.body, first.headers.get('etag')],
    [200, { ...order, status: 'CANCELLED', reason: 'buyer' }, '"1-CANCELLED"'],
  );
  const again = await cancel(buyer, order.id);
  assert.deepEqual([again.status, again.body, again.headers.get('idempotent-replayed')], [200, first.body, 'true']);
  assert.deepEqual([await buyer.balance(), (await buyer.readOrder(order.id)).body], [100, first.body]);
  assert.deepEqual(
    (await buyer.ledger()).body.map(({ amount, isCancelled }: any) => [amount, isCancelled]),
    [
      [-30, true],
      [100, false],
    ],
  );
  const repeat = await buyer.order(30, { ifMatch: 0, key });
  assert.deepEqual([repeat.status, repeat.body], [201, first.body]);
  await eventually(async () => assert.deepEqual(await events(buyer), ['OrderCreated', 'OrderCancelled']));
  await eventually(async () =>
    assert.equal((await mailsTo(buyer.email)).filter(({ text }) => text.includes('has been cancelled')).length, 1),
  );
});

test('an order cancelled before its charge is never charged, and all waiting requests get that result', async () => {
  const buyer = await buyerWith(100);
  const key = randomUUID();
  const id = orderId(buyer.id, key);
  const { placed, reading, following } = await withoutCharges(shop, buyer, async () => {
    const { answer: waiting } = await buyer.placeOpenOrder(30, { ifMatch: 0, key });
    const reading = buyer.ask('readOrder', 'GET', `/orders/${id}`, { headers: { prefer: 'wait=30' } });
    const following = buyer.ask('orderEvents', 'GET', `/orders/${id}/events`);
    const joined = buyer.order(30, { ifMatch: 0, key });
    assert.equal((await cancel(buyer, id)).status, 200);
    return { placed: [waiting, joined], reading, following };
  });
  const answers = await Promise.all(placed);
  for (const answer of answers) {
    assert.deepEqual(
      [outcomeOf(answer), answer.body.orderId, answer.body.reason],
      ['409 order-cancelled', id, 'buyer'],
    );
    assert.deepEqual([answer.headers.get('location'), answer.headers.get('etag')], [`/orders/${id}`, '"1"']);
  }
  assert.deepEqual(
    answers.map(({ headers }) => headers.get('idempotent-replayed')),
    [null, 'true'],
  );
  assert.deepEqual(
    [(await reading).body.status, /"status":"CANCELLED".*\n\n$/.test((await following).body)],
    ['CANCELLED', true],
  );
  assert.deepEqual([await buyer.balance(), (await buyer.ledger()).body.length], [100, 1]);
  await eventually(async () => assert.deepEqual(await events(buyer), ['OrderCancelled']));
});

test('a declined order cannot be cancelled', async () => {
  const buyer = await buyerWith(10);
  const { body } = await buyer.order(11, { ifMatch: 0 });
  const refused = await cancel(buyer, body.orderId);
  assert.deepEqual(
    [outcomeOf(refused), refused.body.orderId, refused.body.reason],
    ['409 not-cancellable', body.orderId, 'insufficient-funds'],
  );
});

for (const [name, link] of [
  ['Temporal', 'temporal'],
  ['billing', 'billing'],
] as const) {
  test(`a cancellation without ${name} gets 202 and completes once ${name} is back`, async () => {
    const buyer = await buyerWith(100);
    const { body: order } = await buyer.order(30, { ifMatch: 0 });
    shop.links[link].cut();
    const accepted = await cancel(buyer, order.id);
    shop.links[link].heal();
    assert.deepEqual(
      [accepted.status, accepted.body, accepted.headers.get('location'), accepted.headers.get('retry-after')],
      [202, order, `/orders/${order.id}`, '2'],
    );
    await cancelled(buyer, order.id);
    assert.equal(await buyer.balance(), 100);
  });
}

test(`in ${RACES} races of cancelling and charging all answers agree with the final status`, async () => {
  const buyers = await Promise.all(Array.from({ length: AT_ONCE }, () => buyerWith(1000)));
  const race = async (buyer: Buyer): Promise<void> => {
    const key = randomUUID();
    const id = orderId(buyer.id, key);
    const cancelLater = async (): Promise<Answer> => {
      await sleep(Math.random() * 60);
      return eventually(async () => {
        const answer = await cancel(buyer, id);
        assert.equal(answer.status, 200, JSON.stringify(answer.body));
        return answer;
      });
    };
    const [placed, result] = await Promise.all([buyer.order(30, { key }), cancelLater()]);
    assert.deepEqual([result.body.status, result.body.reason], ['CANCELLED', 'buyer']);
    assert.ok(['201', '409 order-cancelled'].includes(outcomeOf(placed)), outcomeOf(placed));
    assert.equal(outcomeOf(await buyer.order(30, { key })), outcomeOf(placed));
    assert.deepEqual([(await buyer.readOrder(id)).body.status, await buyer.balance()], ['CANCELLED', 1000]);
  };
  await Promise.all(
    buyers.map(async (buyer) => {
      for (let n = 0; n < RACES / AT_ONCE; n++) await race(buyer);
    }),
  );
});

test('in the end orders, money, notifications and workflows agree', () =>
  eventually(async () => {
    const { text, exitCode } = await auditCommand([], shop.env, { checksMax: 3, pauseMs: 100 });
    assert.equal(exitCode, 0, text);
  }));
