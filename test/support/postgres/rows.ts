import { randomUUID } from 'node:crypto';
import type { TestDatabase } from './database.ts';

interface RowOptions {
  id?: string;
  ownerId?: string;
  status?: string;
  /** The first final status: SUCCESS for an order that was cancelled after it succeeded. */
  firstStatus?: string | null;
  version?: number;
  ageS?: number;
}

/** Inserts an order's row, without a workflow. Returns its id. */
export async function insertOrder(
  orders: TestDatabase,
  {
    id = randomUUID(),
    ownerId = randomUUID(),
    status = 'IN_PROGRESS',
    firstStatus = status === 'IN_PROGRESS' ? null : status,
    version = 1,
    ageS = 600,
  }: RowOptions = {},
): Promise<string> {
  await orders.query(
    `insert into orders (id, owner_id, price, version, status, first_status, fingerprint, correlation_id, created_at)
     values ($1, $2, 30, $3, $4, $5, 'f', 'test', now() - $6 * interval '1 second')`,
    [id, ownerId, version, status, firstStatus, ageS],
  );
  return id;
}
