/** `npm run audit` on a real installation finds nothing in consistent data and reports each kind of damage. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auditCommand } from '../../../operator/audit/command.ts';
import { eventually } from '../../support/eventually.ts';
import { startLink } from '../../support/fakes/link.ts';
import { changed, damages } from '../../support/postgres/damage.ts';
import {
  assertNoDrift,
  audit,
  auditorPort,
  broken,
  buyer,
  cancelled,
  damaged,
  failed,
  paid,
  shop,
  sql,
} from '../../support/shop/audited.ts';
import { createBuyer } from '../../support/shop/buyer.ts';
import { env } from '../../support/temporal/server.ts';

test('an audit of a consistent installation finds nothing and exits with 0', async () => {
  await assertNoDrift();
  const { text } = await audit();
  assert.match(
    text,
    /^Buyers: 1, orders: 3, in progress: 0\n\n {2}I1 +every balance equals the sum of its ledger +holds\n/,
  );
});

test('an audit finds nothing while buyers place orders', async () => {
  const buyers = await Promise.all(Array.from({ length: 5 }, () => createBuyer(shop.url, { balance: 50 })));
  const orders = Promise.all(
    buyers.map(async (each) => {
      for (let version = 0; version < 12; version++) await each.order(5, { ifMatch: version });
    }),
  );
  let done = false;
  void orders.finally(() => (done = true));
  while (!done) {
    const { text, exitCode } = await audit(shop.env, { checksMax: 60, pauseMs: 500 });
    assert.equal(exitCode, 0, text);
  }
  await orders;
  await assertNoDrift();
});

for (const [what, service, expected, damage] of damages) {
  test(`an audit reports ${what} as ${expected.join(' and ')}`, async () => {
    assert.deepEqual(await damaged(service, damage({ buyerId: buyer.id, paid, failed, cancelled }), broken), expected);
    assert.deepEqual(await broken(), []);
  });
}

for (const service of ['auth', 'users', 'orders', 'billing', 'notifications'] as const) {
  test(`an audit reports an invalid index in the ${service} database as I21`, async () => {
    await sql(service, 'create table numbers as select 1 as n from generate_series(1, 2)');
    await assert.rejects(
      sql(service, 'create unique index concurrently numbers_n_idx on numbers (n)'),
      /could not create unique index/,
    );
    // The failed statement left an invalid index. `if not exists` skips it silently, so it stays unnoticed.
    await sql(service, 'create unique index concurrently if not exists numbers_n_idx on numbers (n)');
    const { text, exitCode } = await audit();
    await sql(service, 'drop table numbers');
    assert.equal(exitCode, 1);
    assert.match(text, new RegExp(`^I21 +index numbers_n_idx of the ${service} database is invalid`, 'm'));
    assert.deepEqual(await broken(), []);
  });
}

const metrics = async () => (await fetch(`http://127.0.0.1:${auditorPort}/metrics`)).text();
const drifting = async () =>
  [...(await metrics()).matchAll(/^audit_drift\{invariant="(\w+)"\} [1-9]\d*$/gm)].map(([, invariant]) => invariant);

test('the auditor exports drift and the time of its last audit as metrics', async () => {
  await eventually(async () => assert.deepEqual(await drifting(), []));
  await damaged(
    'billing',
    changed('billing_accounts', 'amount = amount + 1', 'amount = amount - 1', `owner_id = '${buyer.id}'`),
    () => eventually(async () => assert.deepEqual(await drifting(), ['I1']), 60_000),
  );
  await eventually(async () => assert.deepEqual(await drifting(), []), 60_000);
  for (const name of ['run', 'pass']) {
    const seconds = Number(new RegExp(`^audit_last_${name}_timestamp_seconds (\\S+)$`, 'm').exec(await metrics())?.[1]);
    assert.ok(Math.abs(Date.now() / 1000 - seconds) < 60, `${name}: ${seconds}`);
  }
});

test('an audit that cannot run exits with 2 and gives the reason', async (t) => {
  const silent = await startLink(env('TEMPORAL_ADDRESS'));
  t.after(() => silent.close());
  silent.silence();
  for (const [name, value, complaint] of [
    ['TEMPORAL_ADDRESS', '127.0.0.1:1', /The command failed: Temporal at 127.0.0.1:1 does not answer/],
    ['TEMPORAL_ADDRESS', silent.address, /The command failed: Temporal at 127.0.0.1:\d+ does not answer/],
    [
      'BILLING_DATABASE_URL',
      'postgresql://user:password@127.0.0.1:1/nothing',
      /The command failed: the billing database does not answer: /,
    ],
    ['AUTH_DATABASE_URL', '', /The command failed: AUTH_DATABASE_URL is not set/],
  ] as const) {
    const { text, exitCode } = await audit({ ...shop.env, [name]: value });
    assert.equal(exitCode, 2);
    assert.match(text, complaint);
  }
  assert.deepEqual(await auditCommand(['--fix'], shop.env), {
    text: 'This command takes no arguments.\nUsage: npm run audit',
    exitCode: 2,
    isError: true,
  });
});
