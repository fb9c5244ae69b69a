/** Every mutant can be built and works without faults, so that a storm catches it only for its defect. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { services, type ServiceName } from '../../../prisma/migrate.ts';
import { createDatabase, createScripted } from '../../support/postgres/database.ts';
import { migrationOf } from '../mutants/mutant.ts';
import { createMutant, mutants } from '../mutants/mutants.ts';

const execute = promisify(execFile);
let dir: string;
const urls: Record<string, string> = {};

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'order-saga-mutants-'));
  for (const service of services) {
    const database = await createDatabase(service);
    urls[service] = database.url;
    await database.close();
  }
});
after(() => rm(dir, { recursive: true, force: true }));

const stepsOf: Partial<Record<ServiceName, string[]>> = {
  orders: ['place', 'settle', 'cancel-settle'],
  billing: ['billing.replenish', 'billing.withdraw', 'billing.refund', 'billing.tombstone'],
  notifications: ['record', 'mail-claim'],
};

for (const { name, changes } of mutants) {
  test(`the mutant ${name} loads and takes its steps`, async () => {
    const root = await createMutant(name, join(dir, name));
    const files = [...new Set(changes.map(({ file }) => file))];
    const modules = files.filter((file) => file.endsWith('.ts')).map((file) => join(root, file));
    await execute(process.execPath, [
      '--input-type=module',
      '--eval',
      modules.map((path) => `await import(${JSON.stringify(path)});`).join('\n'),
    ]);

    const env = { ...process.env, FAILPOINTS_DIR: dir, ...(await databasesOf(root, files)) };
    const steps = services
      .filter((service) => files.some((file) => file.includes(`/${service}/`)))
      .flatMap((service) => stepsOf[service] ?? []);
    const folder = join(root, 'test', 'storm', 'failpoints');
    if (steps.length > 0)
      await execute(
        process.execPath,
        ['--import', join(folder, 'preload.ts'), join(folder, 'take-steps.ts'), 'all', ...steps],
        { env },
      );
  });
}

const migrationsIn = (root: string, service: ServiceName): string[] =>
  globSync(join(root, 'prisma', service, 'migrations', '*', 'migration.sql'))
    .toSorted()
    .map((file) => readFileSync(file, 'utf8'));

async function databasesOf(root: string, files: readonly string[]): Promise<Record<string, string>> {
  const entries = services.map(async (service) => {
    const changed = files.includes(migrationOf(service));
    const url = changed ? await createScripted(migrationsIn(root, service)) : urls[service]!;
    return [`${service.toUpperCase()}_DATABASE_URL`, url] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

test('a change whose text does not occur exactly once is refused', async () => {
  const root = join(dir, 'stale');
  const [mutant] = mutants;
  await createMutant(mutant!.name, root);
  await assert.rejects(createMutant('no-such-mutant', root), /There is no mutant no-such-mutant/);
  await writeFile(
    join(root, 'test', 'storm', 'mutants', 'again.ts'),
    `import { createMutant } from './mutants.ts';\nawait createMutant('${mutant!.name}', '${dir}/again');\n`,
  );
  await assert.rejects(
    execute(process.execPath, [join(root, 'test', 'storm', 'mutants', 'again.ts')]),
    /must contain this text exactly once/,
  );
});

test('every mutant has a unique name and lists the invariants that must catch it', () => {
  assert.equal(new Set(mutants.map(({ name }) => name)).size, mutants.length);
  for (const { caughtBy } of mutants) assert.match(caughtBy.join(), /^I\d+(,I\d+)*$/);
});
