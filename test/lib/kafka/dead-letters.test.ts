import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deadLetterTopic, readDeadLetter } from '../../../lib/kafka/dead-letters.ts';

test('the headers of a dead letter that only a newer release knows are not part of the original message', () => {
  const headers = { eventType: 'OrderCreated', region: 'eu' };
  const letter = readDeadLetter({
    topic: deadLetterTopic('a'),
    key: null,
    value: null,
    headers: {
      ...headers,
      deadLetterTopic: 'a',
      deadLetterPartition: '3',
      deadLetterOffset: '7',
      deadLetterReason: 'why',
      deadLetterRelease: '9',
    },
  });
  assert.deepEqual(letter, {
    original: { topic: 'a', key: null, value: null, headers },
    partition: '3',
    offset: '7',
    reason: 'why',
  });
});
