/**
 * A transaction of auth sees what its lock's last holder wrote, even if the default is one snapshot per transaction.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Client } from 'pg';
import { createAuthStore, type AuthStore } from '../../../api/auth/store.ts';
import type { Database } from '../../../lib/database.ts';
import { createDatabase, openWithLongTimeouts, type TestDatabase } from '../../support/postgres/database.ts';
import { blocked, heldLogin, override } from '../../support/postgres/sessions.ts';

let database: TestDatabase;
let opened: Database;
let store: AuthStore;
let session: Client;

before(async () => {
  database = await createDatabase('auth');
  opened = openWithLongTimeouts(database.url, { size: 1 });
  await override(opened, { default_transaction_isolation: 'repeatable read' });
  store = createAuthStore(opened);
  session = new Client(database.url);
  await session.connect();
});

after(async () => {
  await session.end();
  await store.close();
  await opened.close();
  await database.close();
});

async function register() {
  const username = `ada-${randomUUID()}`;
  await store.register({ id: randomUUID(), username, passwordHash: 'old' });
  return (await store.findCredential(username))!;
}

test('a password change ends the session of a login for which it has waited', async () => {
  const credential = await register();
  const { id: userId, passwordVersion } = credential;
  const login = { id: randomUUID(), tokenHash: randomUUID(), userId, passwordVersion, ttlS: 60 };
  const held = await heldLogin(database.url, (other) => other.openSession(login));
  const changing = store.changePassword(credential, 'new', undefined);
  await blocked(session);
  await held.end(true);
  assert.equal(await changing, true);
  assert.deepEqual(await store.sessionsOf(userId, { limit: 10 }), []);
});

test('a replica that has waited for the signing key of another adds none', async () => {
  const keyOf = (kid: string) => ({ kid, privateKey: 'p', publicJwk: {} });
  await session.query('begin');
  await session.query('select pg_advisory_xact_lock(7203841)');
  const adding = store.addSigningKey(keyOf('late'), 60);
  await blocked(session);
  await session.query(`insert into signing_keys (kid, private_key, public_jwk) values ('early', 'p', '{}')`);
  await session.query('commit');
  await adding;
  assert.deepEqual(
    (await store.signingKeys()).map(({ kid }) => kid),
    ['early'],
  );
});
