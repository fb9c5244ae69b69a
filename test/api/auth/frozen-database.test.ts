/** A database that stops responding while a transaction starts. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { createAuthStore } from '../../../api/auth/store.ts';
import { databaseFault } from '../../../lib/database-faults.ts';
import { openDatabase } from '../../../lib/database.ts';
import { startLink } from '../../support/fakes/link.ts';
import { createDatabase } from '../../support/postgres/database.ts';

test('a transaction that cannot start in time means that the database is unavailable', async (t) => {
  const database = await createDatabase('auth');
  const { host } = new URL(database.url);
  const link = await startLink(host);
  const opened = openDatabase(database.url.replace(host, link.address), { allowNonDurable: true });
  const store = createAuthStore(opened);
  t.after(async () => {
    link.heal();
    await store.close();
    await opened.close();
    link.close();
    await database.close();
  });
  const credential = { id: randomUUID(), username: 'ada', passwordHash: 'old', passwordVersion: 1 };
  const change = () => store.changePassword(credential, 'next', undefined);
  assert.equal(await change(), false);
  link.inject({ kind: 'black-hole' });
  await assert.rejects(change(), (error) => databaseFault(error) === 'unavailable');
});
