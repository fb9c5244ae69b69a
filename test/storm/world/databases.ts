import { Pool } from 'pg';
import { services, type ServiceName } from '../../../prisma/migrate.ts';

/** Asks a service's database, past the service and past all that is spoilt. Rejects while the server is away. */
export type Query = <Row>(statement: string, values?: readonly unknown[]) => Promise<Row[]>;
export type Databases = Readonly<Record<ServiceName, Query>>;

const TIMEOUT_MS = 5_000;

/** As the superuser, into each service's database. */
export function openDatabases(adminUrl: string): { databases: Databases; close(): Promise<void> } {
  const pools = services.map((service) => {
    const url = new URL(adminUrl);
    url.pathname = service;
    const pool = new Pool({
      connectionString: url.href,
      max: 2,
      connectionTimeoutMillis: TIMEOUT_MS,
      query_timeout: TIMEOUT_MS,
    });
    // One that is killed with its server is replaced by the pool.
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
