import type { Drift } from './findings.ts';

/** The indexes of one database. */
export interface Indexes {
  database: string;
  invalid(): Promise<string[]>;
}

/** A failed build leaves an index that may let in duplicates. `create index if not exists` does not rebuild it. */
export async function indexDrifts(indexes: readonly Indexes[]): Promise<Drift[]> {
  const found = await Promise.all(
    indexes.map(async ({ database, invalid }) => {
      const names = await invalid().catch((cause: NodeJS.ErrnoException) => {
        throw new Error(`the ${database} database does not answer: ${cause.message || cause.code}`, { cause });
      });
      return names.map((index): Drift => ({
        invariant: 'I21',
        what:
          `index ${index} of the ${database} database is invalid and may have let in duplicates: ` +
          'drop it, remove any duplicates and build it again',
      }));
    }),
  );
  return found.flat();
}
