import type { Database } from '../../lib/database.ts';
import { unavailable } from '../../lib/problem.ts';
import { Prisma, PrismaClient, type Order as OrderRow } from '../../prisma/generated/orders/client.ts';
import { aged, COLUMNS, insert, latestVersion, type AgePage } from './statements.ts';

export type OrderStatus = 'IN_PROGRESS' | 'SUCCESS' | 'FAILED' | 'CANCELLED';
export type FinalStatus = Exclude<OrderStatus, 'IN_PROGRESS'>;
/** Who asked for an order to be cancelled. */
export type CancelCause = 'buyer' | 'operator';

/** Price in whole minor units. `reason` says why an order failed or was cancelled. */
export interface Order {
  id: string;
  userId: string;
  price: number;
  version: number;
  status: OrderStatus;
  reason: string | null;
  /** What it was when it first became final; an order that succeeded may have been cancelled since. */
  firstStatus: FinalStatus | null;
  /** Who wants it back, if anybody does. */
  cancelCause: CancelCause | null;
  /** ISO 8601, since an order also travels through Temporal. */
  createdAt: string;
  correlationId: string;
  /** Of the request that placed it, if its client sent one. */
  traceparent: string | null;
}

export interface OrderRequest {
  id: string;
  ownerId: string;
  price: number;
  /** The version of the list that the client has read; undefined for "whatever comes next", which needs a key. */
  ifMatch: number | undefined;
  key: string | undefined;
  /** What tells this request from another one under the same key. */
  fingerprint: string;
  correlationId: string;
  traceparent?: string | undefined;
}

/** All of an order that outlives its row. */
export interface LostOrder extends Omit<Order, 'version'> {
  fingerprint: string;
}

export type Placed =
  | { kind: 'placed'; order: Order }
  | { kind: 'found'; order: Order; fingerprint: string }
  | { kind: 'stale'; latestVersion: number };

/** How often a version is asked for when others keep taking it, or have made the one before it just now. Each loss means that another order got on. */
const NEXT_VERSION_ATTEMPTS_MAX = 200;

export type OrderStore = ReturnType<typeof createOrderStore>;

/** The orders. What an order is never changes after `place`; its status moves by `settle` and `cancel` only. */
export function createOrderStore({ adapter }: Pick<Database, 'adapter'>) {
  const db = new PrismaClient({ adapter });

  return {
    /** Takes a version of the owner's list, or finds the order that an earlier request made, or says that the list has moved on. */
    async place(asked: OrderRequest): Promise<Placed> {
      for (let attempt = 0; attempt < NEXT_VERSION_ATTEMPTS_MAX; attempt++) {
        const [inserted] = await insert(db, asked);
        if (inserted) return { kind: 'placed', order: toOrder(inserted) };
        // New statements: only a new snapshot sees the row that the insert waited for. The version first: the order that made it may be the key's own.
        const latest = asked.ifMatch === undefined ? undefined : await latestVersion(db, asked.ownerId);
        const earlier = await this.findEarlier(asked);
        if (earlier) return earlier;
        if (latest !== undefined && asked.ifMatch !== latest) return { kind: 'stale', latestVersion: latest };
      }
      throw unavailable('Too many orders of one buyer at once. Send the same request again');
    },

    /** The order that an earlier request under the same key made: its id is made from the key. Without a key the id is new, and there is nothing to find. */
    async findEarlier({
      id,
      key,
    }: Pick<OrderRequest, 'id' | 'key'>): Promise<Extract<Placed, { kind: 'found' }> | undefined> {
      const row = key === undefined ? null : await db.order.findUnique({ where: { id } });
      return row ? { kind: 'found', order: toOrder(row), fingerprint: row.fingerprint } : undefined;
    },

    /** Whether so many orders are in progress, or more. Counts no further than that. */
    async waitingReaches(count: number): Promise<boolean> {
      const rows = await db.$queryRaw<
        unknown[]
      >`select from orders where status = 'IN_PROGRESS' offset ${count - 1} limit 1`;
      return rows.length > 0;
    },

    /** Moves an order that is in progress to its final status. Answers the order as it then stands, moved by this call or by an earlier one. */
    async settle(id: string, status: FinalStatus, reason: string | null): Promise<Order | undefined> {
      const [moved] = await db.$queryRaw<OrderRow[]>`
        update orders set status = ${status}, first_status = ${status}, reason = ${reason} where id = ${id}::uuid and status = 'IN_PROGRESS' returning ${COLUMNS}`;
      return moved ? toOrder(moved) : this.find(id);
    },

    /** Notes that an order that is not final, or has succeeded, is to be cancelled. The first cause stays. Answers the order as it then stands. */
    async requestCancellation(id: string, cause: CancelCause): Promise<Order | undefined> {
      await db.$executeRaw`
        update orders set cancel_cause = ${cause} where id = ${id}::uuid and cancel_cause is null and status in ('IN_PROGRESS', 'SUCCESS')`;
      return this.find(id);
    },

    /** Moves an order that is in progress, or has succeeded, to CANCELLED. Answers the order as it then stands. */
    async cancel(id: string, reason: string | null): Promise<Order | undefined> {
      await db.$executeRaw`
        update orders set status = 'CANCELLED', first_status = coalesce(first_status, 'CANCELLED'), reason = ${reason}
        where id = ${id}::uuid and status in ('IN_PROGRESS', 'SUCCESS')`;
      return this.find(id);
    },

    /** Writes an order again whose row was lost, as its workflows know it, with the next version of its list, and answers it. Undefined when another order took that at this moment. */
    async restore({
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
    }: LostOrder): Promise<Order | undefined> {
      const [written] = await db.$queryRaw<OrderRow[]>`
        insert into orders (id, owner_id, price, version, status, first_status, reason, cancel_cause, fingerprint, correlation_id, traceparent, created_at)
        select ${id}::uuid, ${userId}::uuid, ${price}::bigint, coalesce(max(version), 0) + 1, ${status}, ${firstStatus}, ${reason}, ${cancelCause},
          ${fingerprint}, ${correlationId}, ${traceparent}, ${createdAt}::timestamptz
        from orders where owner_id = ${userId}::uuid on conflict do nothing returning ${COLUMNS}`;
      return written && toOrder(written);
    },

    async find(id: string): Promise<Order | undefined> {
      const row = await db.order.findUnique({ where: { id } });
      return row ? toOrder(row) : undefined;
    },

    /** Those of these orders that are no longer in progress. */
    async settledAmong(ids: readonly string[]): Promise<Order[]> {
      const rows = await db.order.findMany({ where: { id: { in: [...ids] }, status: { not: 'IN_PROGRESS' } } });
      return rows.map(toOrder);
    },

    /** The owner's orders, newest first, from before the given version; and the version of the whole list. */
    async list(
      ownerId: string,
      { limit, before }: { limit: number; before?: number | undefined },
    ): Promise<{ orders: Order[]; latestVersion: number }> {
      const rows = await db.order.findMany({
        where: { ownerId, ...(before !== undefined && { version: { lt: before } }) },
        orderBy: { version: 'desc' },
        take: limit,
      });
      // Without `before` the newest row is the list's version, read in the same snapshot.
      const latest = before === undefined ? (rows[0]?.version ?? 0) : await latestVersion(db, ownerId);
      return { orders: rows.map(toOrder), latestVersion: latest };
    },

    /** Orders in progress that were placed at least this long ago, oldest first, after the given one. */
    inProgress: async (page: AgePage): Promise<Order[]> =>
      (await aged(db, Prisma.sql`status = 'IN_PROGRESS'`, page)).map(toOrder),

    /** The same of orders whose cancellation was asked for and has not happened yet. */
    cancelling: async (page: AgePage): Promise<Order[]> =>
      (await aged(db, Prisma.sql`cancel_cause is not null and status in ('IN_PROGRESS', 'SUCCESS')`, page)).map(
        toOrder,
      ),

    close: () => db.$disconnect(),
  };
}

const toOrder = (row: OrderRow): Order => ({
  id: row.id,
  userId: row.ownerId,
  price: Number(row.price),
  version: row.version,
  status: row.status as OrderStatus,
  reason: row.reason,
  firstStatus: row.firstStatus as FinalStatus | null,
  cancelCause: row.cancelCause as CancelCause | null,
  createdAt: row.createdAt.toISOString(),
  correlationId: row.correlationId,
  traceparent: row.traceparent,
});
