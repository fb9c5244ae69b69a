/** Faults of other topics in the cluster: a fake broker answers that a partition has no leader. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import '../../../lib/kafka/transport.ts';

const require = createRequire(import.meta.url);
const { prototype } = require('kafkajs/src/broker') as { prototype: Record<string | symbol, unknown> };
const response = require('kafkajs/src/protocol/requests/metadata/v5/response') as {
  parse(data: unknown): Promise<unknown>;
};
const LEADER_NOT_AVAILABLE = 5;
const answer = {
  brokers: [{ nodeId: 1, host: '127.0.0.1', port: 9092 }],
  topicMetadata: [
    {
      topicErrorCode: 0,
      topic: 'others',
      partitionMetadata: [{ partitionErrorCode: LEADER_NOT_AVAILABLE, partitionId: 0, leader: -1 }],
    },
  ],
};

const send = Object.getOwnPropertySymbols(prototype).find(({ description }) => description?.endsWith('sendRequest'))!;

/** Asks a broker for the metadata of these topics; none means all. */
async function metadataOf(topics: readonly string[]): Promise<unknown> {
  const asked: unknown[] = [];
  const broker = Object.assign(Object.create(prototype) as { metadata(topics: readonly string[]): Promise<unknown> }, {
    lookupRequest: () => (input: { topics: string[] }) => (asked.push(input.topics), { response }),
    [send]: async (protocol: { response: typeof response }) => protocol.response.parse(answer),
  });
  const found = await broker.metadata(topics);
  assert.deepEqual(asked, [topics]);
  return found;
}

test('a topic without a leader does not keep kafkajs from listing the brokers', async () => {
  assert.deepEqual(await metadataOf([]), answer);
});

test('a topic without a leader is an error for the client that reads or writes it', async () => {
  await assert.rejects(metadataOf(['others']), { type: 'LEADER_NOT_AVAILABLE' });
});
