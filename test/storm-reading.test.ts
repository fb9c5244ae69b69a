/** What a storm finds wrong with what was read from Kafka. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokenReading } from './storm/checks/reading.ts';

const ORDER = 'b0a1c2d3-0000-4000-8000-000000000001';

test('what is counted as read has been told', async () => {
  const read = async () => [{ order: ORDER, event: 'OrderCreated', place: 'order-service.OrderCreated 0 5' as const }];
  const rowsOf = (name: string) => ({ notifications: async () => [{ name }] as never });
  assert.deepEqual(await brokenReading({ read }, rowsOf(`${ORDER} OrderCreated`)), []);
  assert.deepEqual(
    (await brokenReading({ read }, rowsOf(`${ORDER} OrderRejected`))).map(({ invariant }) => invariant),
    ['I15'],
  );
});
