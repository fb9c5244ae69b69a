import { Prisma, type PrismaClient, type Order as OrderRow } from '../../prisma/generated/orders/client.ts';
import type { LostOrder, Order, OrderRequest } from './order.ts';

export const COLUMNS = Prisma.sql`
  id, owner_id as "ownerId", price, version, status, reason, first_status as "firstStatus",
  cancel_cause as "cancelCause", idempotency_key as "idempotencyKey", fingerprint, correlation_id as "correlationId",
  traceparent, created_at as "createdAt"`;

export type AgePage = { olderThanMs: number; limit: number; after?: Order | undefined };

/**
 * Returns orders of at least this age, oldest first, after the given one. An order whose time is in the future counts
 * as old: otherwise it would not be found before that time.
 *
 * The statement looks up the time of the last order of the previous page, because a client reads times less exactly
 * than Postgres stores them.
 */
export const selectByAge = (
  db: PrismaClient,
  condition: Prisma.Sql,
  { olderThanMs, limit, after }: AgePage,
) => db.$queryRaw<OrderRow[]>`
  select ${COLUMNS} from orders
  where ${condition} and created_at not between now() - ${olderThanMs} * interval '1 millisecond' and now()
    ${after ? Prisma.sql`and (created_at, id) > (select created_at, id from orders where id = ${after.id}::uuid)` : Prisma.empty}
  order by created_at, id limit ${limit}`;

/**
 * Returns the new row, or none if the version or key is already used, or if no order has the expected version. An empty
 * list has version 0.
 */
export function insert(
  db: PrismaClient,
  { id, ownerId, price, ifMatch, key, fingerprint, correlationId, traceparent }: OrderRequest,
) {
  const version =
    ifMatch === undefined
      ? Prisma.sql`(select coalesce(max(version), 0) + 1 from orders where owner_id = ${ownerId}::uuid)`
      : Prisma.sql`${ifMatch}::integer + 1`;
  const precondition =
    ifMatch === undefined || ifMatch === 0
      ? Prisma.sql`true`
      : Prisma.sql`exists (select from orders where owner_id = ${ownerId}::uuid and version = ${ifMatch}::integer)`;
  return db.$queryRaw<OrderRow[]>`
    insert into orders (id, owner_id, price, version, status, idempotency_key, fingerprint, correlation_id, traceparent)
    select ${id}::uuid, ${ownerId}::uuid, ${price}::bigint, ${version}, 'IN_PROGRESS',
      ${key ?? null}::uuid, ${fingerprint}, ${correlationId}, ${traceparent ?? null}
    where ${precondition}
    on conflict do nothing
    returning ${COLUMNS}`;
}

/** Returns the new row, or none if the id or the version is already used. */
export const reinsert = (
  db: PrismaClient,
  {
    id,
    userId,
    price,
    status,
    reason,
    firstStatus,
    createdAt,
    correlationId,
    traceparent,
    fingerprint,
    cancelCause,
  }: LostOrder,
) => db.$queryRaw<OrderRow[]>`
  insert into orders (id, owner_id, price, version, status, first_status, reason, cancel_cause, fingerprint,
    correlation_id, traceparent, created_at)
  select ${id}::uuid, ${userId}::uuid, ${price}::bigint, coalesce(max(version), 0) + 1, ${status}, ${firstStatus},
    ${reason}, ${cancelCause}, ${fingerprint}, ${correlationId}, ${traceparent}, ${createdAt}::timestamptz
  from orders where owner_id = ${userId}::uuid on conflict do nothing returning ${COLUMNS}`;

/** Returns the version of the owner's list. */
export async function latestVersion(db: PrismaClient, ownerId: string): Promise<number> {
  const latest = await db.order.findFirst({
    where: { ownerId },
    orderBy: { version: 'desc' },
    select: { version: true },
  });
  return latest?.version ?? 0;
}
