import { Pool } from 'pg';
import { pinSettings } from '../../../lib/database-session.ts';
import { services, type ServiceName } from '../../../prisma/migrate.ts';

/** Rejects while the server is down. */
type Query = <Row>(statement: string, values?: readonly unknown[]) => Promise<Row[]>;
export type Databases = Readonly<Record<ServiceName, Query>>;

const TIMEOUT_MS = 5_000;

/** Connects to each service's database as superuser, without injected faults. */
export function openDatabases(adminUrl: string): { databases: Databases; close(): Promise<void> } {
  const pools = services.map((service) => {
    const url = new URL(adminUrl);
    url.pathname = service;
    const pool = new Pool({
      connectionString: url.href,
      max: 2,
      connectionTimeoutMillis: TIMEOUT_MS,
      query_timeout: TIMEOUT_MS,
      // oxlint-disable-next-line typescript/no-misused-promises -- pg's pool awaits it; only its types do not say so.
      onConnect: pinSettings({ statementMs: TIMEOUT_MS }),
    });
    // The pool replaces a connection that dies with its server.
    pool.on('error', () => {});
    const query: Query = async <Row>(statement: string, values: readonly unknown[] = []) =>
      (await pool.query(statement, [...values])).rows as Row[];
    return { service, pool, query };
  });
  return {
    databases: Object.fromEntries(pools.map(({ service, query }) => [service, query])) as Databases,
    close: async () => void (await Promise.all(pools.map(({ pool }) => pool.end()))),
  };
}
