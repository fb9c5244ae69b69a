import { types, type ClientBase, type QueryConfig } from 'pg';

const { TIMESTAMPTZ } = types.builtins;
const parse = types.getTypeParser(TIMESTAMPTZ) as (text: string) => Date | number | null;

/** The times that RFC 3339 can express. */
const EARLIEST_MS = Date.parse('0001-01-01T00:00:00.000Z');
const LATEST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * Reads a `timestamptz` as the moment that it names. Prisma's adapter would ignore the offset, and make an invalid date
 * of `infinity`, which throws as soon as it is formatted. A time that RFC 3339 cannot express becomes the nearest one.
 */
export function readTime(text: string): string {
  const time = parse(text);
  if (time === null) throw new Error(`Postgres sent the time "${text}", which is not in ISO style`);
  return new Date(Math.min(Math.max(Number(time), EARLIEST_MS), LATEST_MS)).toISOString();
}

/** Makes a new connection read times by `readTime`. */
export function correctTimes(client: ClientBase): void {
  const query = client.query.bind(client) as (...input: unknown[]) => unknown;
  const corrected = (statement: string | QueryConfig, ...rest: unknown[]) =>
    query(typeof statement !== 'string' && statement.types ? withTimes(statement) : statement, ...rest);
  Object.assign(client, { query: corrected });
}

function withTimes(statement: QueryConfig): QueryConfig {
  const others = statement.types!;
  const getTypeParser = (oid: number, format?: 'text' | 'binary'): unknown =>
    oid === (TIMESTAMPTZ as number) ? readTime : others.getTypeParser(oid, format);
  return { ...statement, types: { getTypeParser } };
}
