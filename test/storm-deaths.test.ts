/** At every failpoint a role of a whole installation is killed once, and what it was doing comes to the end that docs/reliability.md promises. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { deaths } from './storm/deaths/deaths.ts';
import type { Act } from './storm/deaths/scenarios.ts';
import { startMortalShop, type MortalShop } from './storm/deaths/shop.ts';
import { failpoints } from './storm/failpoints/points.ts';

/** A lost task of a workflow is given out again after ten seconds, a mail that was taken after twenty. */
const END_WITHIN_MS = 180_000;

describe('whoever dies', { concurrency: deaths.length }, () => {
  let shop: MortalShop;
  let acts: Map<string, Act>;
  before(async () => {
    shop = await startMortalShop();
    // All come before anybody dies: who is still coming might walk into what is meant for another.
    acts = new Map(
      await Promise.all(deaths.map(async ({ failpoint, scenario }) => [failpoint, await scenario(shop)] as const)),
    );
  });
  after(async () => {
    await shop?.stop();
    assert.deepEqual(shop?.endedByThemselves, []);
  });

  for (const { failpoint, follows, insists } of deaths) {
    test(`at ${failpoint}: ${follows}`, async () => {
      const { trigger, insist, ended } = acts.get(failpoint)!;
      await shop.dieAt(failpoint, trigger, insists ? insist : undefined);
      await shop.untilEnded(ended, END_WITHIN_MS);
    });
  }
});

test('every failpoint has its row in docs/reliability.md, which says what then happens', () => {
  assert.deepEqual(deaths.map(({ failpoint }) => failpoint).sort(), failpoints.map(({ name }) => name).sort());
  const rows = readFileSync('docs/reliability.md', 'utf8')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()));
  const told = deaths.filter(({ failpoint, follows }) =>
    rows.some((cells) => cells.includes(`\`${failpoint}\``) && cells.includes(follows)),
  );
  assert.deepEqual(
    deaths
      .filter((death) => !told.includes(death))
      .map(({ failpoint, follows }) => `| \`${failpoint}\` | ${follows} |`),
    [],
  );
});
