/** Messages that were set aside are listed, shown and sent again, as they were, with a reason. On a real broker. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { consumeOrderEvents } from '../api/notifications/consumer.ts';
import { createNotificationStore } from '../api/notifications/store.ts';
import { deadLettersCommand } from '../bin/dead-letters/command.ts';
import { deadLetterTopic } from '../lib/dead-letters.ts';
import type { Consumption, Message } from '../lib/kafka.ts';
import { createLog } from '../lib/log.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';
import { eventually } from './support/eventually.ts';
import { startBroker, type Broker } from './support/kafka.ts';
import { env } from './support/temporal.ts';

const TOPIC = 'order-service.OrderCreated';
const ASIDE = deadLetterTopic(TOPIC);
let broker: Broker;
let orders: TestDatabase;
let notifications: TestDatabase;
let consumption: Consumption;
let installation: Record<string, string>;
const id = randomUUID();

before(async () => {
  [broker, orders, notifications] = await Promise.all([
    startBroker(),
    createDatabase('orders'),
    createDatabase('notifications'),
  ]);
  await broker.createTopics();
  installation = {
    ORDERS_DATABASE_URL: orders.url,
    KAFKA_BROKERS: env('KAFKA_BROKERS'),
    KAFKA_TOPIC_PREFIX: broker.prefix,
  };
  const { transport, publisher, codec } = broker;
  const store = createNotificationStore(notifications);
  consumption = consumeOrderEvents({ transport, publisher, codec, store, onRecorded() {}, log: createLog('silent') });
});
after(async () => {
  await consumption.close();
  await broker.close();
  await Promise.all([orders.close(), notifications.close()]);
});

const run = (...words: string[]) => deadLettersCommand(words, installation);
const send = (place: string, why = 'the consumer is mended') =>
  run('send', place, '--reason', why, '--operator', 'ada');
const acts = () =>
  orders.query<{ act: string; subject: string; outcome: string }>(
    'select act, subject, outcome from operator_acts order by at',
  );

/** A message that cannot be read, set aside by whoever reads its topic. Answers the place of its dead letter. */
async function setAside(message: Partial<Message>): Promise<string> {
  const before = await broker.size(ASIDE);
  await broker.publisher.publish({
    ...broker.orderEvent('OrderCreated', { orderId: id, userId: randomUUID() }),
    ...message,
  });
  await eventually(async () => assert.equal(await broker.size(ASIDE), before + 1));
  return `${ASIDE}/0/${before}`;
}

test('where nothing was set aside the list says so', async () => {
  // Topics that have just been made find their leaders first.
  await eventually(async () => assert.deepEqual(await run(), { text: 'There are no dead letters.', exitCode: 0 }));
});

test('a message that was set aside is listed without its content, and shown with all of it', async () => {
  const place = await setAside({ value: '{"orderId": "secret' });
  const { text, exitCode } = await run();
  assert.equal(exitCode, 0);
  assert.match(text, new RegExp(`${place} +20\\S+Z +OrderCreated +${id} +0 +the payload is not JSON`));
  assert.ok(!text.includes('secret'));

  const shown = await run('show', place);
  assert.equal(shown.exitCode, 0);
  for (const words of [
    place,
    'could not be handled now either: the payload is not JSON',
    `found at   ${TOPIC} partition`,
    `key        ${id}`,
  ]) {
    assert.ok(shown.text.includes(words), `${words} is missing:\n${shown.text}`);
  }
  assert.match(shown.text, /eventType +OrderCreated[^]*Content\n {2}\{"orderId": "secret$/);
  assert.ok(!shown.text.includes('deadLetter'));
});

test('a message is sent again byte by byte, to its topic, with its key and its headers, and that is written down', async () => {
  const value = Buffer.from([0xff, 0x00, 0x80, 0x7b, 0x1b]);
  const place = await setAside({ value });
  assert.match((await run('show', place)).text, /Content\n {2}5 bytes: ff00807b1b$/);
  const told = await send(place);
  assert.equal(told.exitCode, 0);
  assert.match(
    told.text,
    new RegExp(
      `${place} was sent to ${TOPIC} again, 5 bytes as they were.\nThis release cannot handle it either, and will set it aside again`,
    ),
  );

  const copies = (await broker.read(TOPIC, 3)).filter((message) => message.value?.equals(value));
  assert.equal(copies.length, 2);
  assert.deepEqual(
    [copies[1]!.key, copies[1]!.headers, copies[1]!.partition],
    [copies[0]!.key, copies[0]!.headers, copies[0]!.partition],
  );
  assert.deepEqual(
    (await acts()).map(({ act, subject, outcome }) => [act, subject, outcome.split(':')[0]]),
    [['send-dead-letter', place, 'done']],
  );
  await eventually(async () => assert.equal(await broker.size(ASIDE), 3));
  assert.match((await run()).text, new RegExp(`${place} .* ${id} +1 +the payload is not JSON`));
});

test('a message that can be read by now is handled when it is sent, and sent twice it is handled once', async () => {
  const [orderId, userId] = [randomUUID(), randomUUID()];
  const { key, value, headers } = broker.orderEvent('OrderCreated', { orderId, userId });
  const wasFoundAt = {
    deadLetterTopic: TOPIC,
    deadLetterPartition: '0',
    deadLetterOffset: '0',
    deadLetterReason: 'an older release could not read it',
  };
  const offset = await broker.size(ASIDE);
  await broker.publisher.publish({ topic: ASIDE, key, value, headers: { ...headers, ...wasFoundAt } });
  const place = `${ASIDE}/0/${offset}`;
  assert.match((await run()).text, new RegExp(`${place} .* an older release could not read it +could be handled now`));
  for (const why of ['we read it now', 'once more'])
    assert.doesNotMatch((await send(place, why)).text, /cannot handle/);
  await eventually(async () => assert.equal(await broker.lag('notifications'), 0));
  assert.equal((await notifications.query('select from notifications where order_id = $1', [orderId])).length, 1);
});

test('a message that nobody has set aside is shown and not sent', async () => {
  const offset = await broker.size(ASIDE);
  await broker.publisher.publish({
    topic: ASIDE,
    key: null,
    value: null,
    headers: { deadLetterTopic: 'another.topic' },
  });
  const place = `${ASIDE}/0/${offset}`;
  const shown = await run('show', place);
  assert.match(shown.text, /nobody has set it aside[^]*Content\n +none$/);
  const { exitCode, text } = await send(place);
  assert.equal(exitCode, 1);
  assert.match(text, /nobody has set it aside. Nothing was sent./);
  assert.match((await acts()).at(-1)!.outcome, /^refused: /);
});

test('a place where nothing is, is told', async () => {
  for (const place of [`${ASIDE}/0/999`, `${ASIDE}/7/0`]) {
    assert.deepEqual(await run('show', place), {
      text: `There is no dead letter at ${place}, or none any more.`,
      exitCode: 1,
    });
    assert.equal((await send(place)).exitCode, 1);
  }
});

const misuses: ReadonlyArray<[string, string[], RegExp]> = [
  ['a word that means nothing', ['drop', `${ASIDE}/0/0`], /There is no "drop"/],
  ['a word too many', ['show', `${ASIDE}/0/0`, 'x'], /a word too many/],
  ['no place', ['show'], /is not the place of a dead letter/],
  ['half a place', ['send', `${ASIDE}/0`, '--reason', 'x'], /is not the place of a dead letter/],
  [
    'a topic of living letters',
    ['send', `${TOPIC}/0/0`, '--reason', 'x'],
    /is not a topic of dead letters. Those are:\n {2}order-service/,
  ],
  ['no reason', ['send', `${ASIDE}/0/0`], /Say why, with --reason/],
  ['a reason to look', ['list', '--reason', 'x'], /--reason means nothing here/],
  ['an option that there is not', ['--all'], /Unknown option/],
];
for (const [what, words, complaint] of misuses) {
  test(`${what} is refused`, async () => {
    const before = (await acts()).length;
    const { exitCode, text } = await run(...words);
    assert.equal(exitCode, 2);
    assert.match(text, complaint);
    assert.match(text, /Usage: npm run dead-letters/);
    assert.equal((await acts()).length, before);
  });
}

test('without the orders database the list can be read, and nothing is sent', async () => {
  const away = { ...installation, ORDERS_DATABASE_URL: 'postgresql://nobody:nothing@127.0.0.1:1/nothing' };
  const { exitCode, text } = await deadLettersCommand([], away);
  assert.equal(exitCode, 0);
  assert.match(text, new RegExp(`${ASIDE}/0/0 .* ${id} +\\? +the payload is not JSON`));
  const before = await broker.size(TOPIC);
  const refused = await deadLettersCommand(['send', `${ASIDE}/0/0`, '--reason', 'x'], away);
  assert.equal(refused.exitCode, 2);
  assert.match(refused.text, /That could not be done: .*Can't reach database server/);
  assert.equal(await broker.size(TOPIC), before);
});

test('in a cluster without the topics nothing is said to be fine', async () => {
  const { exitCode, text } = await deadLettersCommand([], { ...installation, KAFKA_TOPIC_PREFIX: 'another.' });
  assert.equal(exitCode, 2);
  assert.match(text, /Kafka has no topic another.order-service.OrderCreated.dead-letters/);
});

test('without Kafka the program says so, and ends as it should', async () => {
  const { code, complaint } = await new Promise<{ code: number; complaint: string }>((resolve) => {
    const variables = { ...installation, KAFKA_BROKERS: '127.0.0.1:1' };
    execFile(process.execPath, ['bin/dead-letters.ts'], { env: variables }, (error, _out, complaint) =>
      resolve({ code: Number(error?.code), complaint }),
    );
  });
  assert.equal(code, 2);
  assert.match(complaint, /That could not be done: Connection/);
});
