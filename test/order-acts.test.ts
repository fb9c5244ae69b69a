/** What an operator does to an order, in a shop that runs: it happens once, it is written down, and without a reason it does not happen. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { after, before, test } from 'node:test';
import { auditCommand } from '../bin/audit/run.ts';
import { orderCommand } from '../bin/operator/order-command.ts';
import { cancelWorkflowId, orderWorkflowId } from '../specs/identity.ts';
import { createBuyer } from './support/buyer.ts';
import { eventually } from './support/eventually.ts';
import { freePort } from './support/free-port.ts';
import { startLinkedShop, type LinkedShop } from './support/linked-shop.ts';
import { realTemporal } from './support/temporal.ts';
import { withoutCharges } from './support/without-charges.ts';

const temporal = realTemporal();
let shop: LinkedShop;
let auditorPort: number;

before(async () => {
  auditorPort = await freePort();
  shop = await startLinkedShop({ AUDITOR_PORT: String(auditorPort), STUCK_AFTER_S: '1' });
});
after(async () => {
  await shop.stop();
  await temporal.close();
});

const run = (...words: string[]) => orderCommand(words, shop.env);
const because = (why: string, ...more: string[]) => ['--reason', why, ...more];
const acts = (subject: string) =>
  shop.databases.orders.query<{ operator: string; act: string; reason: string; outcome: string }>(
    'select operator, act, reason, outcome from operator_acts where subject = $1 order by at',
    [subject],
  );
/** How many orders the auditor says are stuck, by what they wait for. */
const stuckMetric = async () => {
  const metrics = await (await fetch(`http://127.0.0.1:${auditorPort}/metrics`)).text();
  return Object.fromEntries(
    [...metrics.matchAll(/^orders_stuck\{waits_for="(\w+)"\} (\S+)$/gm)].map(([, kind, count]) => [kind, count]),
  );
};
const handleOf = (orderId: string) => temporal.client.workflow.getHandle(orderWorkflowId(orderId));

test('an order that is stuck because billing is away is retried, once billing is back, and charged once', async () => {
  const buyer = await createBuyer(shop.url, { balance: 100 });
  shop.links.billing.cut();
  const { id, answer } = await buyer.begin(30);
  await eventually(async () =>
    assert.match(
      (await run('--stuck', '--longer-than', '0')).text,
      new RegExp(`${id} +IN_PROGRESS .* chargeOrder +[2-9] .* in [1-9]\\d* s`),
    ),
  );
  await eventually(async () =>
    assert.deepEqual(await stuckMetric(), { outcome: '1', announcement: '0', cancellation: '0' }),
  );
  assert.match((await run('--stuck')).text, new RegExp(`^Stuck for longer than 1 s: 1\n.*\n +${id}`));
  assert.match((await run('--stuck', '--longer-than', '60')).text, /^No order is stuck for longer than 60 s.$/);
  assert.match((await run('retry', id, ...because('has it come back?'))).text, /chargeOrder failed once more/);

  shop.links.billing.heal();
  const { exitCode, text } = await run('retry', id, ...because('billing is back', '--operator', 'ada'));
  assert.equal(exitCode, 0);
  assert.match(text, /the workflow has ended, COMPLETED/);
  await answer;
  assert.deepEqual([(await buyer.readOrder(id)).body.status, await buyer.balance()], ['SUCCESS', 70]);
  assert.deepEqual(
    (await acts(id)).map(({ operator, act, reason, outcome }) => [operator, act, reason, outcome.split(':')[0]]),
    [
      [userInfo().username, 'retry', 'has it come back?', 'done'],
      ['ada', 'retry', 'billing is back', 'done'],
    ],
  );
  const story = await run(id);
  assert.match(
    story.text,
    /What operators did\n +\S+ m?s +retry +.+: "has it come back\?"; done: [^]*retry +ada: "billing is back"; done: /,
  );
});

test('an order that has ended well is retried only when that is insisted on, and nothing happens twice', async () => {
  const buyer = await createBuyer(shop.url, { balance: 100 });
  const { id } = (await buyer.order(30, { ifMatch: 0 })).body;
  await handleOf(id).result();
  const refused = await run('retry', id, ...because('just so'));
  assert.equal(refused.exitCode, 1);
  assert.match(refused.text, /is SUCCESS, and .* has ended well: there is nothing to retry.*--again/);
  await eventually(async () => assert.equal((await buyer.notifications()).body.length, 1));
  const told = await run('retry', id, ...because('I insist'), '--again');
  assert.match(told.text, /had ended as COMPLETED, and was started: the workflow has ended, COMPLETED/);
  assert.deepEqual(
    [await buyer.balance(), (await buyer.ledger()).body.length, (await buyer.notifications()).body.length],
    [70, 2, 1],
  );
  assert.deepEqual(
    (await acts(id)).map(({ outcome }) => outcome.split(':')[0]),
    ['refused', 'done'],
  );
});

test('the buyer of an order whose workflow was terminated before they were told is told after a retry', async () => {
  const buyer = await createBuyer(shop.url, { balance: 100 });
  shop.links.kafka.cut();
  const { id } = (await buyer.order(30, { ifMatch: 0 })).body;
  await eventually(async () =>
    assert.match((await run('--stuck', '--longer-than', '0')).text, new RegExp(`${id} +SUCCESS .*not announced yet`)),
  );
  await eventually(async () =>
    assert.deepEqual(await stuckMetric(), { outcome: '0', announcement: '1', cancellation: '0' }),
  );
  await handleOf(id).terminate();
  shop.links.kafka.heal();
  assert.match(
    (await run('retry', id, ...because('it was terminated by mistake'))).text,
    /had ended as TERMINATED, and was started/,
  );
  await eventually(async () => assert.equal((await buyer.notifications()).body.length, 1));
});

test('an order is cancelled as its buyer could, with the operator as the cause; repeated, it says so and does nothing', async () => {
  const buyer = await createBuyer(shop.url, { balance: 100 });
  const { id } = (await buyer.order(30, { ifMatch: 0 })).body;
  const first = await run('cancel', id, ...because('the buyer phoned'));
  assert.deepEqual(
    [first.exitCode, first.text],
    [0, `Order ${id} was SUCCESS and is CANCELLED (operator): its money is back, or was never taken.`],
  );
  const second = await run('cancel', id, ...because('the buyer phoned twice'));
  assert.deepEqual(
    [second.exitCode, second.text],
    [0, `Order ${id} is CANCELLED already (operator). Nothing was done.`],
  );
  assert.deepEqual([(await buyer.readOrder(id)).body.status, await buyer.balance()], ['CANCELLED', 100]);
  await temporal.client.workflow.getHandle(cancelWorkflowId(id)).result();
  await eventually(async () => assert.equal((await buyer.notifications()).body.length, 2));
  assert.equal((await acts(id)).length, 2);
});

test('the buyer of an order that was taken back is told of both by a retry, when a part of the system has forgotten', async () => {
  const buyer = await createBuyer(shop.url, { balance: 100 });
  const { id } = (await buyer.order(30, { ifMatch: 0 })).body;
  await run('cancel', id, ...because('the buyer phoned'));
  await eventually(async () => assert.equal((await buyer.notifications()).body.length, 2));
  await shop.databases.notifications.query('delete from notifications where order_id = $1', [id]);

  const refused = await run('retry', id, ...because('just so'));
  assert.match(refused.text, new RegExp(`cancel-${id} and order-${id} have ended well: there is nothing to retry`));
  const told = await run('retry', id, ...because('their backup was older'), '--again');
  assert.match(
    told.text,
    new RegExp(
      `^cancel-${id} had ended as COMPLETED, and was started.*\\norder-${id} had ended as COMPLETED, and was started`,
    ),
  );
  await eventually(async () => assert.equal((await buyer.notifications()).body.length, 2));
  assert.equal((await handleOf(id).result()).status, 'SUCCESS');
  assert.deepEqual([(await buyer.readOrder(id)).body.status, await buyer.balance()], ['CANCELLED', 100]);
});

test('an order that cannot be cancelled at once is cancelled later, by itself', async () => {
  const buyer = await createBuyer(shop.url, { balance: 100 });
  shop.links.billing.cut();
  const { id, answer } = await buyer.begin(30);
  const { exitCode, text } = await orderCommand(['cancel', id, ...because('it hangs')], {
    ...shop.env,
    ANSWER_DEADLINE_MS: '3000',
  });
  assert.equal(exitCode, 0);
  assert.match(text, /is still IN_PROGRESS. That it is to be cancelled is written down/);
  await eventually(async () =>
    assert.match((await run('--stuck', '--longer-than', '0')).text, new RegExp(`${id} .* cancellation: cancelCharge`)),
  );
  await eventually(async () => assert.equal((await stuckMetric())['cancellation'], '1'));
  shop.links.billing.heal();
  await eventually(async () => assert.equal((await buyer.readOrder(id)).body.status, 'CANCELLED'));
  await answer;
  assert.equal(await buyer.balance(), 100);
});

test('an order that has failed cannot be cancelled, and that this was tried is written down', async () => {
  const buyer = await createBuyer(shop.url, { balance: 1 });
  const { orderId } = (await buyer.order(30, { ifMatch: 0 })).body;
  const { exitCode, text } = await run('cancel', orderId, ...because('no idea'));
  assert.equal(exitCode, 1);
  assert.match(text, /has FAILED \(insufficient-funds\): no money was taken for it/);
  assert.match((await acts(orderId))[0]!.outcome, /^refused: /);
});

test('an order that is not paid is never charged by a retry, also when billing has forgotten why', async () => {
  const poor = await createBuyer(shop.url, { balance: 1 });
  const failed = (await poor.order(30, { ifMatch: 0 })).body.orderId;
  const buyer = await createBuyer(shop.url, { balance: 100 });
  const { id: cancelled, answer } = await withoutCharges(shop, buyer, async () => {
    const begun = await buyer.begin(30);
    assert.equal((await run('cancel', begun.id, ...because('it hangs'))).exitCode, 0);
    return begun;
  });
  await run('retry', cancelled, ...because('it waits to ask billing once more'));
  await answer;
  for (const id of [orderWorkflowId(failed), orderWorkflowId(cancelled), cancelWorkflowId(cancelled)])
    await temporal.client.workflow.getHandle(id).result();

  await poor.topUp(100);
  await shop.databases.billing.query(`delete from outcomes where owner_id in ($1, $2) and scope = 'order'`, [
    poor.id,
    buyer.id,
  ]);
  for (const id of [failed, cancelled]) {
    const retried = new RegExp(`^order-${id} had ended as COMPLETED, and was started`);
    await eventually(async () =>
      assert.match((await run('retry', id, ...because('billing was restored'), '--again')).text, retried),
    );
  }
  assert.deepEqual([await poor.balance(), await buyer.balance()], [101, 100]);
  assert.deepEqual(
    [(await poor.readOrder(failed)).body.status, (await buyer.readOrder(cancelled)).body.status],
    ['FAILED', 'CANCELLED'],
  );
});

test('nothing is done, and nothing written down, to an order that nobody knows', async () => {
  const id = randomUUID();
  for (const act of ['retry', 'cancel'])
    assert.deepEqual(await run(act, id, ...because('a test')), { text: `There is no order ${id}.`, exitCode: 1 });
  assert.deepEqual(await acts(id), []);
});

test('an act that cannot be written down does not happen', async () => {
  const buyer = await createBuyer(shop.url, { balance: 100 });
  const { id } = (await buyer.order(30, { ifMatch: 0 })).body;
  await shop.databases.orders.query('alter table operator_acts rename to operator_acts_away');
  const { exitCode, text } = await run('cancel', id, ...because('a test'));
  await shop.databases.orders.query('alter table operator_acts_away rename to operator_acts');
  assert.equal(exitCode, 2);
  assert.match(text, /^That could not be done: /);
  assert.equal((await buyer.readOrder(id)).body.status, 'SUCCESS');
});

test('after all of it an audit finds nothing', async () => {
  const { exitCode, text } = await auditCommand([], shop.env);
  assert.equal(exitCode, 0, text);
});
