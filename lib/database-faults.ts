export type DatabaseFault = 'duplicate' | 'conflict' | 'timeout' | 'unavailable';

const faults: ReadonlyArray<readonly [DatabaseFault, RegExp]> = [
  ['duplicate', /^(23505|P2002)$/],
  ['conflict', /^(40001|40P01|P2034)$/],
  ['timeout', /^(57014|55P03|P1008|P2024)$/],
  // 08…: connection; 57P0…: shutting down, crashed, starting; 53…: out of connections or other resources;
  // 25006: standby; 58030: I/O error.
  [
    'unavailable',
    /^(08...|57P0.|53...|25006|58030|P1001|P1002|P1017|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)$/,
  ],
];

/** Classifies an error by its codes; undefined means a bug. */
export function databaseFault(error: unknown): DatabaseFault | undefined {
  for (const code of codesOf(error)) {
    const found = faults.find(([, pattern]) => pattern.test(code));
    if (found) return found[0];
  }
  return undefined;
}

/** Prisma's adapters keep the server's code in the innermost cause, so the innermost codes come first. */
function codesOf(error: unknown, depth = 0): string[] {
  if (typeof error !== 'object' || error === null || depth > 6) return [];
  const { code, originalCode, kind, cause, meta, driverAdapterError, message } = error as Record<string, unknown>;
  const own = [originalCode, code].filter((value): value is string => typeof value === 'string');
  if (kind === 'DatabaseNotReachable' || kind === 'ConnectionClosed') own.push('P1001');
  if (kind === 'SocketTimeout') own.push('P1008');
  // pg gives these errors no code.
  if (
    typeof message === 'string' &&
    /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout)/.test(
      message,
    )
  )
    own.push('P1001');
  return [...codesOf(cause, depth + 1), ...codesOf(driverAdapterError, depth + 1), ...codesOf(meta, depth + 1), ...own];
}
