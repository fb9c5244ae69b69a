import { isNetworkCode } from './network-faults.ts';

/**
 * - `duplicate`, `conflict`: the statement lost against another one;
 * - `timeout`: the statement took too long, and had no effect;
 * - `unavailable`: the server is away or takes no writes, or the connection broke;
 * - `unfit`: the database lacks a table, a column or a grant: a migration or a restore is not complete.
 */
export type DatabaseFault = 'duplicate' | 'conflict' | 'timeout' | 'unavailable' | 'unfit';

const faults: ReadonlyArray<readonly [DatabaseFault, RegExp]> = [
  ['duplicate', /^(23505|P2002)$/],
  ['conflict', /^(40001|40P01|P2034)$/],
  ['timeout', /^(57014|55P03|P1008|P2024)$/],
  // 08…: connection; 28…, 3D000: login; 57P0…: shutting down, crashed, starting; 53…: out of disk, connections or
  // other resources; 25006: standby or read-only; 58030: I/O error; 26000, 42P05: see `isStalePlan`;
  // P2028: Prisma could not start or end a transaction in time.
  [
    'unavailable',
    /^(08...|28...|3D000|57P0.|53...|25006|58030|26000|42P05|P1000|P1001|P1002|P1003|P1010|P1011|P1017|P2028)$/,
  ],
  ['unfit', /^(42501|42P01|42703|3F000|P2021|P2022)$/],
];

/** Classifies an error by its codes; undefined means a bug. */
export function databaseFault(error: unknown): DatabaseFault | undefined {
  for (const code of codesOf(error)) {
    const found = faults.find(([, pattern]) => pattern.test(code));
    if (found) return found[0];
    if (isNetworkCode(code)) return 'unavailable';
  }
  return isStalePlan(error) ? 'unavailable' : undefined;
}

/** What a person must do about a fault that does not pass by itself; undefined if none is known. */
export function databaseAdvice(error: unknown): string | undefined {
  if (databaseFault(error) !== 'unfit') return undefined;
  return (
    'The database lacks a table, a column or a privilege that this release needs. Run the migrations; after a ' +
    'restore, also grant the role its privileges of tables and sequences.'
  );
}

/** True while the database cannot be used, and repeating the same statement later can succeed. */
export function isAway(error: unknown): boolean {
  const fault = databaseFault(error);
  return fault === 'unavailable' || fault === 'timeout' || fault === 'unfit';
}

/**
 * True if the connection's prepared statement was dropped, or made before a column changed its type. The statement had
 * no effect; preparing it again succeeds.
 */
export function isStalePlan(error: unknown): boolean {
  return (
    codesOf(error).some((code) => code === '26000' || code === '42P05') ||
    errorsIn(error).some(({ message }) => message === 'cached plan must not change result type')
  );
}

/** True if the server refused to write anything: it is a standby or read-only, or its disk is full or broken. */
export const takesNoWrites = (error: unknown): boolean =>
  codesOf(error).some((code) => /^(25006|53100|58030)$/.test(code));

/** Prisma's adapters keep the server's code in the innermost cause, so the innermost codes come first. */
const codesOf = (error: unknown): string[] => errorsIn(error).flatMap(ownCodes);

/** The error and everything nested in it, innermost first. */
function errorsIn(error: unknown, depth = 0): Array<Record<string, unknown>> {
  if (typeof error !== 'object' || error === null || depth > 6) return [];
  const nested = error as Record<string, unknown>;
  const { cause, driverAdapterError, meta } = nested;
  return [cause, driverAdapterError, meta].flatMap((inner) => errorsIn(inner, depth + 1)).concat(nested);
}

function ownCodes({ code, originalCode, kind, message }: Record<string, unknown>): string[] {
  const own = [originalCode, code].filter((value): value is string => typeof value === 'string');
  // A `SocketTimeout` is no statement timeout: the server may still run the statement, so its outcome is unknown.
  if (/^(DatabaseNotReachable|ConnectionClosed|SocketTimeout|TlsConnectionError)$/.test(String(kind)))
    own.unshift('P1001');
  // pg gives these errors no code.
  if (
    typeof message === 'string' &&
    /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout)/.test(
      message,
    )
  )
    own.push('P1001');
  return own;
}
