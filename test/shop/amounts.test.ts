/** Prices and balances of every size, from the order to the ledger, the refund and the audit. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { auditCommand } from '../../operator/audit/command.ts';
import { chargeKey } from '../../specs/identity.ts';
import { eventually } from '../support/eventually.ts';
import { outcomeOf, type Answer } from '../support/requests/contract-client.ts';
import { createBuyer, type Buyer } from '../support/shop/buyer.ts';
import { startOpenShop, type OpenShop } from '../support/shop/open.ts';

const MAX = Number.MAX_SAFE_INTEGER;
/** Odd numbers and numbers just beyond a power, because those are the first that a rounding changes. */
const PRICES = [
  1,
  2,
  999,
  1_000,
  1_001,
  65_537,
  1_234_567,
  16_777_217,
  4_294_967_297,
  2 ** 50 + 1,
  2 ** 52 + 1,
  MAX - 1,
  MAX,
];

let shop: OpenShop;
before(async () => {
  shop = await startOpenShop();
});
after(() => shop?.stop());

const cancel = (buyer: Buyer, id: string): Promise<Answer> =>
  buyer.ask('cancelOrder', 'PUT', `/orders/${id}/cancellation`);

/** What the databases hold about an order, as text, which no conversion has rounded. */
async function storedOf(orderId: string): Promise<object> {
  const [order] = await shop.databases.orders.query('select price::text, status from orders where id = $1', [orderId]);
  const [charge] = await shop.databases.billing.query(
    `select outcomes.amount::text as asked, outcomes.outcome, transactions.amount::text as moved, is_cancelled as back
     from outcomes join transactions on transactions.id = transaction_id where outcomes.idempotency_key = $1`,
    [chargeKey(orderId)],
  );
  return { ...order, ...charge };
}

for (const price of PRICES) {
  test(`an order of ${price} takes exactly this, its refund returns exactly this, and the next one is paid`, async () => {
    const buyer = await createBuyer(shop.url, { balance: price });
    const placed = await buyer.order(price, { ifMatch: 0 });
    assert.deepEqual([placed.status, placed.body.price, placed.body.status], [201, price, 'SUCCESS']);
    assert.equal(await buyer.balance(), 0);
    const text = { price: String(price), asked: String(price), moved: String(-price) };
    assert.deepEqual(await storedOf(placed.body.id), { ...text, status: 'SUCCESS', outcome: 'CHARGED', back: false });
    assert.equal((await buyer.readOrder(placed.body.id)).body.price, price);

    assert.equal(outcomeOf(await buyer.order(1, { ifMatch: 1 })), '409 insufficient-funds');
    assert.equal((await cancel(buyer, placed.body.id)).body.status, 'CANCELLED');
    assert.equal(await buyer.balance(), price);
    assert.deepEqual(await storedOf(placed.body.id), { ...text, status: 'CANCELLED', outcome: 'REFUNDED', back: true });

    const again = await buyer.order(price, { ifMatch: 2 });
    assert.deepEqual([again.status, again.body.price, await buyer.balance()], [201, price, 0]);
    const { body: ledger } = await buyer.ledger();
    assert.deepEqual(
      ledger.map(({ amount, isCancelled }: { amount: number; isCancelled: boolean }) => [amount, isCancelled]),
      [
        [-price, false],
        [-price, true],
        [price, false],
      ],
    );
  });
}

test('an order of one more than the balance is declined, whatever its size', async () => {
  for (const price of PRICES.filter((each) => each > 1)) {
    const buyer = await createBuyer(shop.url, { balance: price - 1 });
    assert.deepEqual([price, outcomeOf(await buyer.order(price, { ifMatch: 0 }))], [price, '409 insufficient-funds']);
    assert.equal(await buyer.balance(), price - 1);
  }
});

test('orders of all sizes share one balance of the maximum', async () => {
  const buyer = await createBuyer(shop.url, { balance: MAX });
  const prices = PRICES.filter((price) => price < 2 ** 51);
  for (const [ifMatch, price] of prices.entries()) assert.equal((await buyer.order(price, { ifMatch })).status, 201);
  const spent = prices.reduce((sum, price) => sum + BigInt(price), 0n);
  assert.equal(BigInt(await buyer.balance()), BigInt(MAX) - spent);
  // What can be refunded still counts, so not even 1 fits.
  assert.equal(outcomeOf(await buyer.topUp(1)), '409 balance-limit');
  const { body } = await buyer.orders('?limit=100');
  for (const { id } of body) assert.equal((await cancel(buyer, id)).body.status, 'CANCELLED');
  assert.equal(await buyer.balance(), MAX);
});

test('a price beyond the maximum is refused instead of rounded', async () => {
  const buyer = await createBuyer(shop.url, { balance: MAX });
  for (const price of ['9007199254740992', '9007199254740993', '18014398509481984', '1e30', '0', '-1', '1.5']) {
    const answer = await buyer.ask('createOrder', 'POST', '/orders', {
      headers: { 'content-type': 'application/json', 'if-match': '0' },
      body: `{"price":${price}}`,
    });
    assert.deepEqual([price, answer.status], [price, 400]);
  }
  assert.equal(await buyer.balance(), MAX);
});

test('after all this the audit finds no drift', async () => {
  await eventually(async () => {
    const { text, exitCode } = await auditCommand([], shop.env, { pauseMs: 1_000 });
    assert.equal(exitCode, 0, text);
  });
});
