export interface Mutant {
  name: string;
  summary: string;
  /** A storm must find at least one of these invariants violated. */
  caughtBy: readonly string[];
  changes: readonly Change[];
}

/** Replaces a text that occurs exactly once in the file. */
export interface Change {
  file: string;
  find: string;
  replace: string;
}

export const lines = (...text: readonly string[]): string => text.join('\n');

export const migrationOf = (service: string): string =>
  `prisma/${service}/migrations/20261122000000_init/migration.sql`;
