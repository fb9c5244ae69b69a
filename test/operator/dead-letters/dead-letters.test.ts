/** The dead-letters command lists, shows and resends messages unchanged, with a real broker. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { deadLettersCommand } from '../../../operator/dead-letters/command.ts';
import { eventually } from '../../support/eventually.ts';
import {
  DEAD_LETTERS,
  TOPIC,
  acts,
  broker,
  deadLetter,
  id,
  installation,
  notifications,
  run,
  send,
} from '../../support/kafka/dead-letters.ts';

test('without dead letters the list says that there are none', async () => {
  // New topics need a moment to elect their leaders.
  await eventually(async () => assert.deepEqual(await run(), { text: 'There are no dead letters.', exitCode: 0 }));
});

test('the list omits the content of a dead letter, and show prints all of it', async () => {
  const place = await deadLetter({ value: '{"orderId": "secret' });
  const { text, exitCode } = await run();
  assert.equal(exitCode, 0);
  assert.match(text, new RegExp(`${place} +20\\S+Z +OrderCreated +${id} +0 +the payload is not JSON`));
  assert.ok(!text.includes('secret'));

  const shown = await run('show', place);
  assert.equal(shown.exitCode, 0);
  for (const words of [
    place,
    'still cannot be processed: the payload is not JSON',
    `original  ${TOPIC} partition`,
    `key       ${id}`,
  ]) {
    assert.ok(shown.text.includes(words), `${words} is missing:\n${shown.text}`);
  }
  assert.match(shown.text, /eventType +OrderCreated[^]*Content\n {2}\{"orderId": "secret$/);
  assert.ok(!shown.text.includes('deadLetter'));
});

test('send publishes the same bytes, key and headers to the original topic and records the act', async () => {
  const value = Buffer.from([0xff, 0x00, 0x80, 0x7b, 0x1b]);
  const place = await deadLetter({ value });
  assert.match((await run('show', place)).text, /Content\n {2}5 bytes: ff00807b1b$/);
  const sent = await send(place);
  assert.equal(sent.exitCode, 0);
  assert.match(
    sent.text,
    new RegExp(
      `${place} was sent to ${TOPIC} again, unchanged \\(5 bytes\\).\nThis release cannot process it and will move it to the dead-letter topic again`,
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
  await eventually(async () => assert.equal(await broker.size(DEAD_LETTERS), 3));
  assert.match((await run()).text, new RegExp(`${place} .* ${id} +1 +the payload is not JSON`));
});

test('a message that has become readable is handled after send, and only once if it is sent twice', async () => {
  const [orderId, userId] = [randomUUID(), randomUUID()];
  const { key, value, headers } = broker.orderEvent('OrderCreated', { orderId, userId });
  const wasFoundAt = {
    deadLetterTopic: TOPIC,
    deadLetterPartition: '0',
    deadLetterOffset: '0',
    deadLetterReason: 'an older release could not read it',
  };
  const offset = await broker.size(DEAD_LETTERS);
  await broker.publisher.publish({ topic: DEAD_LETTERS, key, value, headers: { ...headers, ...wasFoundAt } });
  const place = `${DEAD_LETTERS}/0/${offset}`;
  assert.match((await run()).text, new RegExp(`${place} .* an older release could not read it +can be processed now`));
  for (const why of ['we read it now', 'once more'])
    assert.doesNotMatch((await send(place, why)).text, /cannot process/);
  await eventually(async () => assert.equal(await broker.lag('notifications'), 0));
  assert.equal((await notifications.query('select from notifications where order_id = $1', [orderId])).length, 1);
});

test('a message without the dead-letter headers is shown but not sent', async () => {
  const offset = await broker.size(DEAD_LETTERS);
  await broker.publisher.publish({
    topic: DEAD_LETTERS,
    key: null,
    value: null,
    headers: { deadLetterTopic: 'another.topic' },
  });
  const place = `${DEAD_LETTERS}/0/${offset}`;
  const shown = await run('show', place);
  assert.match(shown.text, /it has no dead-letter headers[^]*Content\n +none$/);
  const { exitCode, text } = await send(place);
  assert.equal(exitCode, 1);
  assert.match(text, /has no dead-letter headers, so its original topic is unknown. Nothing was sent./);
  assert.match((await acts()).at(-1)!.outcome, /^refused: /);
});

test('without the orders database list works and send is refused', async () => {
  const withoutOrders = { ...installation, ORDERS_DATABASE_URL: 'postgresql://user:password@127.0.0.1:1/nothing' };
  const { exitCode, text } = await deadLettersCommand([], withoutOrders);
  assert.equal(exitCode, 0);
  assert.match(text, new RegExp(`${DEAD_LETTERS}/0/0 .* ${id} +\\? +the payload is not JSON`));
  const before = await broker.size(TOPIC);
  const refused = await deadLettersCommand(['send', `${DEAD_LETTERS}/0/0`, '--reason', 'x'], withoutOrders);
  assert.equal(refused.exitCode, 2);
  assert.match(refused.text, /The command failed: .*Can't reach database server/);
  assert.equal(await broker.size(TOPIC), before);
});

test('if one dead-letter topic is missing, the list names it and shows the dead letters of the others', async () => {
  const missing = 'order-service.OrderRejected.dead-letters';
  await broker.deleteTopic(missing);
  const { exitCode, text } = await run();
  assert.equal(exitCode, 2);
  assert.match(text, new RegExp(`${DEAD_LETTERS}/0/0 .*the payload is not JSON`));
  assert.ok(text.includes(`Kafka has no topic ${missing}. Create it.`), text);
});
