import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type ClientBase, type ClientConfig } from 'pg';
import { reasonOf } from './reason.ts';

/** SQLSTATE: the client could not open a connection. */
const NO_CONNECTION = '08001';
/** Not a setting of Postgres, so no pooler copies it from one server connection to another. */
const MARK = 'order_saga.connection';
const END_WITHIN_MS = 500;
/** The message of pg's pool when no connection becomes free in time. */
const POOL_EXHAUSTED = 'timeout exceeded when trying to connect';
/** pg uses this message if a connection is not opened in time. We also use it if the first statement then waits. */
const TIMED_OUT = 'timeout expired';
/** SQLSTATE: no more connections. */
const TOO_MANY_CONNECTIONS = '53300';
/** Poolers report the same with a code that says nothing, so only the message shows it. */
const POOLER_FULL = /no more connections allowed|query_wait_timeout|too many (clients|connections)|connection slots/;

const marks = new WeakMap<ClientBase, string>();

/** No connection could be opened, so the statement certainly had no effect, whatever the reason was. */
class NotConnected extends Error {
  readonly code = NO_CONNECTION;
  /** Prisma's adapter recognises errors of the server by this. */
  readonly severity = 'FATAL';

  constructor(address: string, cause: unknown) {
    super(messageOf(address, cause), { cause });
    this.name = 'NotConnected';
  }
}

/** Runs `connect`, and throws `NotConnected` if it fails. */
export async function connecting<T>(address: string, connect: () => Promise<T>): Promise<T> {
  try {
    return await connect();
  } catch (error) {
    throw error instanceof NotConnected ? error : new NotConnected(address, error);
  }
}

/**
 * True if no connection could be opened because all are in use, or because none was free in time. That says nothing
 * about the connections that are open.
 */
export function foundNoneFree(error: unknown): boolean {
  if (!(error instanceof NotConnected)) return false;
  const { code, message } = error.cause as { code?: unknown; message: string };
  return code === TOO_MANY_CONNECTIONS || [POOL_EXHAUSTED, TIMED_OUT].includes(message) || POOLER_FULL.test(message);
}

/** Host, port and database of a connection string, without user and password. */
export function addressOf(connectionString: string): string {
  const url = URL.parse(connectionString);
  return url ? `${url.host || 'localhost'}${url.pathname}` : 'the configured address';
}

/** Prepares a new connection: sets what our statements rely on, then marks it for `hasMark`. */
export const prepareWith =
  (pin: (client: ClientBase) => Promise<void>) =>
  async (client: ClientBase): Promise<void> => {
    await pin(client);
    const mark = randomUUID();
    marks.set(client, mark);
    await client.query('select set_config($1, $2, false)', [MARK, mark]);
  };

/** False if a statement on this connection reached another server connection than the earlier ones did. */
export async function hasMark(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ mark: string | null }>('select current_setting($1, true) as mark', [MARK]);
  return rows[0]?.mark === marks.get(client);
}

/** Opens a connection for `act` and closes it afterwards. */
export async function withOwnConnection(
  config: ClientConfig & { connectionTimeoutMillis: number },
  { address, prepare }: { address: string; prepare(client: ClientBase): Promise<void> },
  act: (client: ClientBase) => Promise<void>,
): Promise<void> {
  const client = new Client(config);
  // Without a listener, a broken connection would end the process. The statement fails anyway.
  client.on('error', () => {});
  try {
    // PgBouncer accepts a client before it has a server connection for it, so the first statement may wait, too.
    const late = sleep(config.connectionTimeoutMillis, undefined, { ref: false }).then(() => {
      throw new Error(TIMED_OUT);
    });
    await connecting(address, () => Promise.race([client.connect().then(() => prepare(client)), late]));
    await act(client);
  } finally {
    // A server that has vanished does not confirm the end.
    await Promise.race([client.end(), sleep(END_WITHIN_MS, undefined, { ref: false })]).catch(() => {});
  }
}

function messageOf(address: string, cause: unknown): string {
  const why = reasonOf(cause);
  if ((cause as { severity?: string }).severity !== undefined)
    return `The database server refused a connection to ${address}: ${why}`;
  if (why === POOL_EXHAUSTED) return `All connections to ${address} are in use`;
  return `Can't reach database server at ${address}: ${why}`;
}
