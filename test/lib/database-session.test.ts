/** What a role, a database or a server sets for its sessions does not reach our statements. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, test } from 'node:test';
import { createOrderStore } from '../../api/orders/store.ts';
import { openDatabase, type Database } from '../../lib/database.ts';
import { migrate } from '../../prisma/migrate.ts';
import { createDatabase, createScripted, openWithLongTimeouts } from '../support/postgres/database.ts';
import { HOSTILE_SETTINGS } from '../support/postgres/hostile.ts';
import { override } from '../support/postgres/sessions.ts';

const DATABASE = { allowNonDurable: true, size: 1 };

/** A database with an empty table `orders` in a schema that its sessions search first. */
let url: string;

before(async () => {
  url = await createScripted('create schema elsewhere; create table elsewhere.orders (id uuid)');
  await settingsOf(url, {
    ...HOSTILE_SETTINGS,
    search_path: 'elsewhere',
    statement_timeout: '1s',
    lock_timeout: '1s',
  });
  await migrate({ service: 'orders', url });
});

async function settingsOf(of: string, settings: Record<string, string>): Promise<void> {
  const database = openWithLongTimeouts(of);
  const connection = await database.adapter.connect();
  for (const [name, value] of Object.entries(settings))
    await connection.executeScript(
      `alter database ${new URL(of).pathname.slice(1)} set ${name} = ${value.includes(',') ? value : `'${value}'`}`,
    );
  await database.close();
}

const PINNED = {
  timezone: 'UTC',
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  transaction_isolation: 'read committed',
  search_path: 'public',
  extra_float_digits: '1',
  standard_conforming_strings: 'on',
  statement_timeout: '2500ms',
  lock_timeout: '0',
};

test('every connection has our settings', async () => {
  const opened = openDatabase(url, DATABASE);
  const connection = await opened.adapter.connect();
  const names = Object.keys(PINNED);
  const { rows } = await connection.queryRaw({
    sql: `select ${names.map((name) => `current_setting('${name}')`).join(', ')}`,
    args: [],
    argTypes: [],
  });
  assert.deepEqual(rows, [Object.values(PINNED)]);
  await opened.check();
  await opened.close();
});

test('migrations and statements use the schema public, whatever the search path', async () => {
  const opened = openDatabase(url, DATABASE);
  const store = createOrderStore(opened);
  const id = randomUUID();
  const asked = { id, ownerId: randomUUID(), price: 5, ifMatch: 0, key: undefined, fingerprint: 'f' };
  assert.equal((await store.place({ ...asked, correlationId: 'test' })).kind, 'placed');
  assert.equal((await store.find(id))?.price, 5);
  await store.close();
  await opened.close();
});

for (const [name, value] of Object.entries({ timezone: 'Asia/Tokyo', datestyle: 'German', search_path: 'elsewhere' })) {
  test(`a check fails if something has reset ${name}`, async () => {
    const opened = openDatabase(url, DATABASE);
    await opened.check();
    await override(opened, { [name]: value });
    await assert.rejects(opened.check(), new RegExp(`^Error: ${name} is "${value}.*" instead of .* session pooling`));
    await opened.close();
  });
}

const refused: [what: string, name: string, make: () => Promise<string>][] = [
  [
    'an encoding other than UTF8',
    'server_encoding',
    () => createScripted('select 1', `template template0 encoding 'SQL_ASCII' locale 'C'`),
  ],
  [
    'triggers that do not run',
    'session_replication_role',
    async () => {
      const database = await createDatabase('orders');
      await settingsOf(database.url, { session_replication_role: 'replica' });
      await database.close();
      return database.url;
    },
  ],
];
for (const [what, name, make] of refused) {
  test(`a check fails on a database with ${what}`, async () => {
    const opened: Database = openDatabase(await make(), DATABASE);
    await assert.rejects(opened.check(), new RegExp(`^Error: ${name} is `));
    await opened.close();
  });
}
