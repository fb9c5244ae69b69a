/** Kills a role once at every failpoint; its work must have the outcome that docs/reliability.md promises. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { deaths } from '../deaths/deaths.ts';
import type { PreparedScenario } from '../deaths/scenarios.ts';
import { startDeathShop, type DeathShop } from '../deaths/shop.ts';
import { failpoints } from '../failpoints/points.ts';

/** Includes ten seconds until a lost workflow task times out, and twenty until a mail's lease ends. */
const COMPLETE_WITHIN_MS = 180_000;

describe('when a role dies', { concurrency: deaths.length }, () => {
  let shop: DeathShop;
  let prepared: Map<string, PreparedScenario>;
  before(async () => {
    shop = await startDeathShop();
    // Prepare every scenario before arming a failpoint: preparing takes steps too, and could hit it.
    prepared = new Map(
      await Promise.all(deaths.map(async ({ failpoint, scenario }) => [failpoint, await scenario(shop)] as const)),
    );
  });
  after(async () => {
    await shop?.stop();
    assert.deepEqual(shop?.unexpectedExits, []);
  });

  for (const { failpoint, outcome, retries } of deaths) {
    test(`at ${failpoint}: ${outcome}`, async () => {
      const { trigger, retry, completed } = prepared.get(failpoint)!;
      await shop.dieAt(failpoint, trigger, retries ? retry : undefined);
      await shop.untilCompleted(completed, COMPLETE_WITHIN_MS);
    });
  }
});

test('docs/reliability.md lists every failpoint with its outcome', () => {
  assert.deepEqual(deaths.map(({ failpoint }) => failpoint).sort(), failpoints.map(({ name }) => name).sort());
  const rows = readFileSync('docs/reliability.md', 'utf8')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()));
  const missing = deaths.filter(
    ({ failpoint, outcome }) => !rows.some((cells) => cells.includes(`\`${failpoint}\``) && cells.includes(outcome)),
  );
  assert.deepEqual(
    missing.map(({ failpoint, outcome }) => `| \`${failpoint}\` | ${outcome} |`),
    [],
  );
});
