/** What operators do is written down, also what came to nothing. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createJournal } from '../bin/operator/journal.ts';
import { createDatabase } from './support/database.ts';

const database = await createDatabase('orders');
const journal = createJournal(database);
after(async () => {
  await journal.close();
  await database.close();
});

test('why an act has failed is written down, also where the failure says so in what caused it', async () => {
  const refused = new AggregateError([new Error('connect ECONNREFUSED')]);
  const act = { act: 'retry', subject: 'an order', reason: 'a test', operator: 'somebody' } as const;
  await assert.rejects(
    journal.record(act, () => Promise.reject(refused)),
    refused,
  );
  assert.deepEqual(
    (await journal.of(act.subject)).map(({ operator, outcome }) => [operator, outcome]),
    [['somebody', 'failed: connect ECONNREFUSED']],
  );
});
