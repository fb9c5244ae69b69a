import type { ClientBase, PoolClient } from 'pg';
import { hasMark } from './database-connect.ts';

/** The database takes no writes, until a failover or a person changes that. */
class TakesNoWrites extends Error {
  /** SQLSTATE: read-only transaction. */
  readonly code = '25006';
}

/** SQLSTATE: no more connections. */
const TOO_MANY_CONNECTIONS = '53300';
/** SQLSTATE: insufficient privilege. */
const MISSING_GRANT = '42501';

export interface CheckedConnections {
  /** A connection of the pool, which may be old. */
  pooled: PoolClient;
  /** Runs `act` on a new connection: an old one keeps the password and the settings that were valid when it began. */
  withNew(act: (client: ClientBase) => Promise<void>): Promise<void>;
}

/** Rejects unless both connections can write durably, and each stays with the server connection that it began with. */
export async function checkConnections(
  { pooled, withNew }: CheckedConnections,
  { allowNonDurable }: { allowNonDurable: boolean },
): Promise<void> {
  await checkServer(pooled, allowNonDurable);
  try {
    await withNew(async (fresh) => {
      await checkServer(fresh, allowNonDurable);
      // An idle transaction pooler gives both the server connection that was used last, where only one mark can be.
      for (const client of [pooled, fresh, pooled, fresh]) await checkSession(client);
    });
  } catch (error) {
    // The connections of the pool can still be used.
    if (codeOf(error) !== TOO_MANY_CONNECTIONS) throw error;
  }
}

interface ServerState {
  durable: boolean;
  standby: boolean;
  readOnly: boolean;
  mayWrite: boolean;
}

async function checkServer(client: ClientBase, allowNonDurable: boolean): Promise<void> {
  const { rows } = await client.query<ServerState>(`
    select current_setting('synchronous_commit') <> 'off' and current_setting('fsync') = 'on' as durable,
      pg_is_in_recovery() as standby, current_setting('transaction_read_only') = 'on' as "readOnly",
      coalesce(bool_or(has_table_privilege(oid, 'insert')), true) as "mayWrite"
    from pg_class where relkind in ('r', 'p') and relnamespace not in (
      select oid from pg_namespace where nspname = 'information_schema' or nspname like 'pg\\_%')`);
  const { durable, standby, readOnly, mayWrite } = rows[0]!;
  if (!durable && !allowNonDurable)
    throw new Error(
      'synchronous_commit or fsync is off, so a database crash could lose acknowledged orders. Turn both on.',
    );
  if (standby) throw new TakesNoWrites('The database server is a standby, which takes no writes. Use the primary.');
  if (readOnly)
    throw new TakesNoWrites('The database takes no writes: default_transaction_read_only is on. Turn it off.');
  if (!mayWrite)
    throw Object.assign(new Error("The role may write to no table of the database. Grant it the tables' privileges."), {
      code: MISSING_GRANT,
    });
}

async function checkSession(client: ClientBase): Promise<void> {
  if (await hasMark(client)) return;
  throw new Error(
    'A setting of a connection was lost, as it is behind a pooler that lends connections for one transaction. ' +
      'PgBouncer must use session pooling: set pool_mode = session.',
  );
}

const codeOf = (error: unknown): unknown => {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  return cause?.code ?? code;
};
