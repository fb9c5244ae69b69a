import type { ClientBase } from 'pg';
import { foundNoneFree, hasMark } from './database-connect.ts';

/** The database takes no writes, until a failover or a person changes that. */
class TakesNoWrites extends Error {
  /** SQLSTATE: read-only transaction. */
  readonly code = '25006';
}

class MissingGrant extends Error {
  /** SQLSTATE: insufficient privilege. */
  readonly code = '42501';

  constructor(what: string) {
    super(`${what} Grant it the privileges of tables and sequences.`);
  }
}

type OnConnection = (act: (client: ClientBase) => Promise<void>) => Promise<void>;

export interface CheckedConnections {
  /** Runs `act` on a connection of the pool, which may be old. */
  withPooled: OnConnection;
  /** Checks what must also hold on a connection of the pool. */
  checkPooled(client: ClientBase): Promise<void>;
  /** Runs `act` on a new connection: an old one keeps the password and the settings that were valid when it began. */
  withNew: OnConnection;
}

/**
 * Rejects unless a pooled connection and a new one can both write durably. Also rejects if a pooler in front of the
 * server has moved one of them to another server connection.
 */
export async function checkConnections(
  { withPooled, checkPooled, withNew }: CheckedConnections,
  { allowNonDurable }: { allowNonDurable: boolean },
): Promise<void> {
  await withPooled(async (pooled) => {
    await checkServer(pooled, allowNonDurable);
    await checkPooled(pooled);
  });
  try {
    // No pooled connection is held while the new one is opened, because a full pooler may delay that for a long time.
    await withNew(async (fresh) => {
      await checkServer(fresh, allowNonDurable);
      await withPooled(async (pooled) => {
        // A pooler that assigns a server connection per transaction lets both connections use the same one while they
        // are idle. Then one connection overwrites the mark of the other, and one of these checks fails.
        for (const client of [pooled, fresh, pooled, fresh]) await checkSession(client);
      });
    });
  } catch (error) {
    // The connections of the pool can still be used.
    if (!foundNoneFree(error)) throw error;
  }
}

interface ServerState {
  durable: boolean;
  standby: boolean;
  readOnly: boolean;
  mayWrite: boolean;
  mayNumber: boolean;
}

/** `nextval` needs the privilege `usage` or `update` on the sequence itself; a privilege on the table is not enough. */
const MAY_NUMBER = `(
  select coalesce(bool_and(has_sequence_privilege(pg_class.oid, 'usage, update')), true)
  from pg_class join pg_depend on objid = pg_class.oid and classid = 'pg_class'::regclass
  where relkind = 'S' and relnamespace = current_schema()::regnamespace
    and refclassid = 'pg_class'::regclass and deptype in ('a', 'i') and has_table_privilege(refobjid, 'insert'))`;

async function checkServer(client: ClientBase, allowNonDurable: boolean): Promise<void> {
  const { rows } = await client.query<ServerState>(`
    select current_setting('synchronous_commit') <> 'off' and current_setting('fsync') = 'on' as durable,
      pg_is_in_recovery() as standby, current_setting('transaction_read_only') = 'on' as "readOnly",
      coalesce(bool_or(has_table_privilege(oid, 'insert')), true) as "mayWrite", ${MAY_NUMBER} as "mayNumber"
    from pg_class where relkind in ('r', 'p') and relnamespace not in (
      select oid from pg_namespace where nspname = 'information_schema' or nspname like 'pg\\_%')`);
  const { durable, standby, readOnly, mayWrite, mayNumber } = rows[0]!;
  if (!durable && !allowNonDurable)
    throw new Error(
      'synchronous_commit or fsync is off, so a database crash could lose acknowledged orders. Turn both on.',
    );
  if (standby) throw new TakesNoWrites('The database server is a standby, which takes no writes. Use the primary.');
  if (readOnly)
    throw new TakesNoWrites('The database takes no writes: default_transaction_read_only is on. Turn it off.');
  if (!mayWrite) throw new MissingGrant('The role may write to no table of the database.');
  if (!mayNumber) throw new MissingGrant('The role may insert rows, but not use the sequence that numbers them.');
}

async function checkSession(client: ClientBase): Promise<void> {
  if (await hasMark(client)) return;
  throw new Error(
    'A setting of a connection was lost, as it is behind a pooler that lends connections for one transaction. ' +
      'PgBouncer must use session pooling: set pool_mode = session.',
  );
}
