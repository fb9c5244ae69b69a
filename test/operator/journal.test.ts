/** The journal records operator actions that fail. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createOperatorActStore } from '../../api/orders/operator-act-store.ts';
import { createJournal } from '../../operator/journal.ts';
import { createDatabase } from '../support/postgres/database.ts';

const database = await createDatabase('orders');
const journal = createJournal(createOperatorActStore(database));
after(async () => {
  await journal.close();
  await database.close();
});

test('the journal records why an action failed, even if only a nested error has a message', async () => {
  const refused = new AggregateError([new Error('connect ECONNREFUSED')]);
  const act = { act: 'retry', subject: 'an order', reason: 'a test', operator: 'ada' } as const;
  await assert.rejects(
    journal.record(act, () => Promise.reject(refused)),
    refused,
  );
  assert.deepEqual(
    (await journal.of(act.subject)).map(({ operator, outcome }) => [operator, outcome]),
    [['ada', 'failed: connect ECONNREFUSED']],
  );
});
