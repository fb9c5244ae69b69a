/** One way in which the product is broken on purpose. */
export interface Mutant {
  name: string;
  /** What is wrong with it. */
  summary: string;
  /** The invariants of which a storm must find at least one broken. */
  caughtBy: readonly string[];
  changes: readonly Change[];
}

/** Replaces text that is in the file exactly once. */
export interface Change {
  file: string;
  find: string;
  replace: string;
}

export const lines = (...text: readonly string[]): string => text.join('\n');

export const migrationOf = (service: string): string =>
  `prisma/${service}/migrations/20261122000000_init/migration.sql`;
