import { services, type ServiceName } from '../../../prisma/migrate.ts';
import type { Databases } from '../world/databases.ts';
import type { Violation } from './violation.ts';

/** For each table, its number of rows and a hash of them. */
export type Digest = ReadonlyMap<string, string>;

/** Digests every table of the services. */
export async function digestOf(databases: Databases, only: readonly ServiceName[] = services): Promise<Digest> {
  const digests = new Map<string, string>();
  for (const service of only) {
    const tables = await databases[service]<{ name: string }>(
      `select tablename as name from pg_tables where schemaname = 'public' order by 1`,
    );
    for (const { name } of tables) {
      const [row] = await databases[service]<{ digest: string }>(
        `select count(*) || ' rows ' || coalesce(md5(string_agg(md5(each::text), '' order by each::text)), '') as digest
         from public.${name} each`,
      );
      digests.set(`${service}.${name}`, row!.digest);
    }
  }
  return digests;
}

/** I17, I18: no table changed. `by` says what was repeated, for the text of a violation. */
export function checkUnchanged(
  invariant: Violation['invariant'],
  before: Digest,
  after: Digest,
  by: string,
): Violation[] {
  const names = [...after.keys()].filter((name) => before.get(name) !== after.get(name));
  return names.map((name) => ({
    invariant,
    what: `${by} changed ${name}: ${before.get(name)} before, ${after.get(name)} after`,
  }));
}
