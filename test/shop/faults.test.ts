import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { orderEventId, orderId } from '../../specs/identity.ts';
import { orderWorkflowId } from '../../specs/temporal.ts';
import { eventually } from '../support/eventually.ts';
import { createContractClient, outcomeOf, type Answer } from '../support/requests/contract-client.ts';
import { createBuyer, type Buyer } from '../support/shop/buyer.ts';
import { assertAllConsistent } from '../support/shop/consistency.ts';
import { mailsTo } from '../support/shop/inbox.ts';
import { startLinkedShop, type LinkedShop } from '../support/shop/linked.ts';
import { realTemporal } from '../support/temporal/server.ts';

type Attempt = { buyer: Buyer; key: string; answer: Answer | undefined };

const temporal = realTemporal();
const buyers: Buyer[] = [];
let shop: LinkedShop;
let links: LinkedShop['links'];

before(async () => {
  shop = await startLinkedShop({ ANSWER_DEADLINE_MS: '6000', AUDIT_EVERY_MS: '200' });
  links = shop.links;
});

after(async () => {
  await temporal.close();
  await shop?.stop();
});

async function newBuyer(balance: number): Promise<Buyer> {
  const buyer = await createBuyer(shop.url, { balance });
  buyers.push(buyer);
  return buyer;
}

const isAcknowledged = (answer: Answer | undefined): answer is Answer =>
  answer?.status === 201 || answer?.status === 202;
/** Returns undefined for a request whose connection broke; rethrows other errors. */
const brokenOff = (error: unknown): undefined => {
  if (!(error instanceof TypeError)) throw error;
};
/** Sends an order until it is acknowledged. The idempotency key makes the retries safe. */
const acknowledged = (order: () => Promise<Answer>): Promise<Answer> =>
  eventually(async () => {
    const answer = await order();
    assert.ok(isAcknowledged(answer), JSON.stringify(answer.body));
    return answer;
  });
/** The readiness of the whole app and of each role, as operators see it. */
const readiness = async () => {
  const { status, body } = await createContractClient(shop.url)('ready', 'GET', '/health/ready');
  return { status, ...body.roles };
};
const statusOf = async (buyer: Buyer, orderId: string): Promise<string> => (await buyer.readOrder(orderId)).body.status;
const succeeded = (buyer: Buyer, orderId: string) =>
  eventually(async () => assert.equal(await statusOf(buyer, orderId), 'SUCCESS'));

test('after a kill during 100 orders every acknowledged order exists, and the others can be sent again', async () => {
  const ten = await Promise.all(Array.from({ length: 10 }, () => newBuyer(1000)));
  const attempts = ten.flatMap((buyer) =>
    Array.from({ length: 10 }, async (): Promise<Attempt> => {
      const key = randomUUID();
      return { buyer, key, answer: await buyer.order(7, { key }).catch(brokenOff) };
    }),
  );
  await eventually(async () => {
    const settled = await shop.databases.orders.query(`select from orders where status = 'SUCCESS'`);
    assert.ok(settled.length >= 20);
  });
  await shop.kill();
  const seen = await Promise.all(attempts);
  const unknown = seen.filter(({ answer }) => !isAcknowledged(answer));
  const open = await shop.databases.orders.query(`select from orders where status = 'IN_PROGRESS'`);
  assert.ok(unknown.length + open.length > 0, 'no order was in flight at the kill');

  await shop.restart();
  // Only every other order is sent again; the rest must complete without a retry.
  for (const { buyer, key } of unknown.filter((_each, n) => n % 2)) {
    const { body } = await acknowledged(() => buyer.order(7, { key }));
    assert.equal(body.id, orderId(buyer.id, key));
  }
  for (const { buyer, answer } of seen) {
    if (!isAcknowledged(answer)) continue;
    const { id, price, version } = (await buyer.readOrder(answer.body.id)).body;
    assert.deepEqual({ id, price, version }, { id: answer.body.id, price: 7, version: answer.body.version });
  }
});

test('an order row without a workflow is completed', async () => {
  const buyer = await newBuyer(100);
  const id = randomUUID();
  await shop.databases.orders.query(
    `insert into orders (id, owner_id, price, version, status, fingerprint, correlation_id) values ($1, $2, 5, 1, 'IN_PROGRESS', 'five', 'test')`,
    [id, buyer.id],
  );
  await succeeded(buyer, id);
  assert.equal(await buyer.balance(), 95);
});

test('without Temporal an order gets 202, and it completes once Temporal is back', async () => {
  const buyer = await newBuyer(100);
  links.temporal.cut();
  const degraded = readiness();
  const key = randomUUID();
  const { status, headers, body } = await buyer.order(5, { ifMatch: 0, key });
  assert.deepEqual(
    [status, headers.get('location'), headers.get('etag'), headers.get('retry-after'), body.status],
    [202, `/orders/${body.id}`, '"1"', '2', 'IN_PROGRESS'],
  );
  const again = await buyer.order(5, { ifMatch: 0, key });
  assert.deepEqual([again.status, again.body.id, again.headers.get('idempotent-replayed')], [202, body.id, 'true']);
  assert.equal(outcomeOf(await buyer.order(5, { ifMatch: 0 })), '409 stale-order-list');
  const { status: ready, orders, worker } = await degraded;
  assert.deepEqual([ready, orders, worker], [200, 'degraded', 'degraded']);

  links.temporal.heal();
  await succeeded(buyer, body.id);
  assert.equal(await buyer.balance(), 95);
});

test('without Postgres an order gets 503, and its retry afterwards places it once', async () => {
  const buyer = await newBuyer(100);
  const authorization = `Bearer ${await buyer.token()}`;
  await buyer.readOrder(randomUUID());
  links.postgres.cut();
  const unready = readiness();
  const key = randomUUID();
  const order = () => buyer.order(5, { ifMatch: 0, key, headers: { authorization } });
  for (const answer of [await order(), await order(), await buyer.order(5, { ifMatch: 0 }), await buyer.topUp(5)]) {
    assert.deepEqual([outcomeOf(answer), answer.headers.get('retry-after')], ['503 unavailable', '1']);
  }
  assert.deepEqual(await shop.databases.orders.query('select from orders where owner_id = $1', [buyer.id]), []);
  assert.equal((await unready).status, 503);

  links.postgres.heal();
  const { body } = await acknowledged(order);
  await succeeded(buyer, body.id);
  assert.deepEqual([body.version, await buyer.balance()], [1, 95]);
});

test('an order is in progress while billing charges without an answer, and completes with one charge', async () => {
  const buyer = await newBuyer(100);
  links.billing.silence();
  const { status, body } = await buyer.order(5, { ifMatch: 0 });
  assert.deepEqual([status, body.status], [202, 'IN_PROGRESS']);
  await eventually(async () =>
    assert.equal(
      (await shop.databases.billing.query('select from transactions where owner_id = $1', [buyer.id])).length,
      2,
    ),
  );
  assert.equal(await statusOf(buyer, body.id), 'IN_PROGRESS');

  links.billing.heal();
  await succeeded(buyer, body.id);
  assert.equal(await buyer.balance(), 95);
});

test('without Kafka orders succeed, and they are announced once Kafka is back', async () => {
  const buyer = await newBuyer(100);
  links.kafka.cut();
  for (const version of [0, 1, 2]) assert.equal((await buyer.order(5, { ifMatch: version })).status, 201);
  const waiting = temporal.client.workflow.getHandle(orderWorkflowId((await buyer.orders()).body[0].id));
  assert.equal((await waiting.describe()).status.name, 'RUNNING');
  const { status, worker, notifications } = await readiness();
  assert.deepEqual([status, worker, notifications], [200, 'degraded', 'degraded']);
  assert.deepEqual((await buyer.notifications()).body, []);

  links.kafka.heal();
  await eventually(async () => assert.equal((await buyer.notifications()).body.length, 3));
  await eventually(async () => assert.deepEqual(new Set(Object.values(await readiness())), new Set([200, 'ready'])));
});

test('in the end all orders succeed, agree with the money, and have one notification and one mail each', async () => {
  const orders = await eventually(() => assertAllConsistent(shop, temporal.client), 60_000);
  assert.ok(orders.length >= 20 + 7);
  assert.ok(orders.every(({ status }) => status === 'SUCCESS'));
  // A mail that was in flight at the kill is sent again after its lease expires.
  await eventually(async () => {
    const unsent = await shop.databases.notifications.query(
      `select status, reason, attempts from notifications where status <> 'SENT'`,
    );
    assert.deepEqual(unsent, []);
  }, 60_000);
  // Such a mail may arrive twice, with the same Message-ID, so only the different ids are compared.
  for (const { id, email } of buyers) {
    const expected = orders
      .filter(({ owner_id }) => owner_id === id)
      .map((order) => orderEventId(order.id, 'OrderCreated'));
    await eventually(async () => {
      const ids = (await mailsTo(email)).map(({ messageId }) => messageId.replace('@example.com', ''));
      assert.deepEqual([...new Set(ids)].sort(), expected.sort());
    });
  }
});
