import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import { Pool } from 'pg';
import { pinSettings } from '../lib/database-session.ts';

export const services = ['auth', 'users', 'orders', 'billing', 'notifications'] as const;
export type ServiceName = (typeof services)[number];

/**
 * Applies missing migrations and returns their names, like `prisma migrate deploy`, whose engine it uses. The engine
 * takes an advisory lock, so concurrent calls are safe. A failed migration is rolled back and named in the error.
 */
export async function migrate({ service, url }: { service: ServiceName; url: string }): Promise<string[]> {
  const { SchemaEngine } = await loadEngine();
  // The lock belongs to the engine's connection, which the engine never closes. Ending the pool closes the connection.
  const pool = new Pool({
    connectionString: url,
    max: 2,
    // A migration may take long, whatever the role's limit for statements.
    // oxlint-disable-next-line typescript/no-misused-promises -- pg's pool awaits it; only its types do not say so.
    onConnect: pinSettings({ statementMs: 0 }),
  });
  const factory = bindMigrationAwareSqlAdapterFactory(unsplitScripts(pool));
  const engine = await SchemaEngine.new({ datamodels: undefined }, () => {}, factory);
  try {
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList: readMigrations(service),
      filters: NO_FILTERS,
    });
    return appliedMigrationNames;
  } catch (error) {
    throw new Error(`Migrating the ${service} database failed: ${(error as Error).message}`, { cause: error });
  } finally {
    engine.free();
    await pool.end();
  }
}

/** Runs a migration as one script and transaction. The adapter would split it at every semicolon, even in functions. */
function unsplitScripts(pool: Pool): PrismaPg {
  const factory = new PrismaPg(pool);
  const connect = factory.connect.bind(factory);
  factory.connect = async () => {
    const adapter = await connect();
    adapter.executeScript = async (script) => void (await pool.query(script));
    return adapter;
  };
  return factory;
}

const NO_FILTERS = { externalTables: [], externalEnums: [] };

function readMigrations(service: ServiceName) {
  const baseDir = new URL(`${service}/migrations/`, import.meta.url);
  const read = (path: string) => readFileSync(new URL(path, baseDir), 'utf8');
  return {
    baseDir: baseDir.pathname,
    lockfile: { path: './migration_lock.toml', content: read('migration_lock.toml') },
    shadowDbInitScript: '',
    migrationDirectories: readdirSync(baseDir, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort()
      .map((path) => ({
        path,
        migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value: read(`${path}/migration.sql`) } },
      })),
  };
}

type Glue = typeof import('@prisma/schema-engine-wasm/schema_engine_bg');
let engine: Promise<Glue> | undefined;

/** The engine's entry point imports a `.wasm` file, which Node supports only as an experiment. So load it by hand. */
function loadEngine(): Promise<Glue> {
  engine ??= (async () => {
    const require = createRequire(import.meta.url);
    const path = require.resolve('@prisma/schema-engine-wasm/schema_engine_bg');
    const glue = await import('@prisma/schema-engine-wasm/schema_engine_bg');
    const bytes = readFileSync(path.replace(/\.js$/, '.wasm'));
    const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': glue });
    glue.__wbg_set_wasm(instance.exports);
    const start = instance.exports['__wbindgen_start'];
    if (typeof start === 'function') start();
    return glue;
  })();
  return engine;
}
