/** docs/settings.md lists every environment variable that the roles read. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ConfigFault, readConfig, type Env } from '../../lib/config.ts';
import { processReaders, roles } from '../../roles/all.ts';
import { roleNames } from '../../roles/role.ts';
import { faultOf, knownSettings } from '../../tools/settings.ts';

const page = readFileSync('docs/settings.md', 'utf8');

test('every variable that a role reads is in the page, with its meaning', async () => {
  assert.equal(await faultOf(page), undefined);
  for (const { name, meaning } of knownSettings()) {
    assert.notEqual(meaning, '', name);
    assert.ok(
      page.split('\n').some((row) => row.includes(`\`${name}\``) && row.includes(` ${meaning} `)),
      name,
    );
  }
});

test('a page without one of the variables is reported', async () => {
  const rows = page.split('\n').filter((row) => !row.includes('`AUDIT_EVERY_MS`'));
  assert.match((await faultOf(rows.join('\n'))) ?? '', /out of date.* It lacks AUDIT_EVERY_MS\.$/);
});

test('no role reads a variable that its settings do not name', () => {
  const known = [...new Set(knownSettings().map(({ name }) => name))].sort();
  for (const value of [undefined, 'x']) {
    const read = new Set<string>();
    const env: Env = new Proxy({}, { get: (_, name) => (read.add(String(name)), value) });
    const attempt = (act: () => unknown) => {
      try {
        act();
      } catch (error) {
        assert.ok(error instanceof ConfigFault, String(error));
      }
    };
    for (const role of Object.values(roles))
      for (const sameProcess of [[role.name], roleNames]) attempt(() => role.configure(env, new Set(sameProcess)));
    attempt(() => readConfig(env, processReaders));
    assert.deepEqual([...read].sort(), known);
  }
});
