/** The dead-letters command reports wrong arguments, empty places, missing topics and a missing broker. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { deadLettersCommand } from '../../../operator/dead-letters/command.ts';
import { DEAD_LETTERS, TOPIC, acts, installation, run, send } from '../../support/kafka/dead-letters.ts';

test('show and send report an empty place', async () => {
  for (const place of [`${DEAD_LETTERS}/0/999`, `${DEAD_LETTERS}/7/0`]) {
    assert.deepEqual(await run('show', place), {
      text: `There is no dead letter at ${place}. Kafka may have deleted it after the retention time.`,
      exitCode: 1,
    });
    assert.equal((await send(place)).exitCode, 1);
  }
});

const misuses: ReadonlyArray<[string, string[], RegExp]> = [
  ['an unknown word', ['drop', `${DEAD_LETTERS}/0/0`], /Unknown command "drop"/],
  ['an extra word', ['show', `${DEAD_LETTERS}/0/0`, 'x'], /Too many arguments/],
  ['a missing place', ['show'], /is not the position of a dead letter/],
  ['an incomplete place', ['send', `${DEAD_LETTERS}/0`, '--reason', 'x'], /is not the position of a dead letter/],
  [
    'a topic without dead letters',
    ['send', `${TOPIC}/0/0`, '--reason', 'x'],
    /is not a dead-letter topic. The dead-letter topics are:\n {2}order-service/,
  ],
  ['a missing reason', ['send', `${DEAD_LETTERS}/0/0`], /Give a reason with --reason/],
  ['a reason for list', ['list', '--reason', 'x'], /--reason does not apply to this command/],
  ['an unknown option', ['--all'], /Unknown option/],
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

test('in a cluster without the topics list exits with 2 and names a missing topic', async () => {
  const { exitCode, text } = await deadLettersCommand([], { ...installation, KAFKA_TOPIC_PREFIX: 'another.' });
  assert.equal(exitCode, 2);
  assert.match(text, /Kafka has no topic another.order-service.OrderCreated.dead-letters/);
});

test('without Kafka the program prints the reason and exits with 2', async () => {
  const { code, complaint } = await new Promise<{ code: number; complaint: string }>((resolve) => {
    const variables = { ...installation, KAFKA_BROKERS: '127.0.0.1:1' };
    execFile(process.execPath, ['bin/dead-letters.ts'], { env: variables }, (error, _out, complaint) =>
      resolve({ code: Number(error?.code), complaint }),
    );
  });
  assert.equal(code, 2);
  assert.match(complaint, /The command failed: Connection/);
});
