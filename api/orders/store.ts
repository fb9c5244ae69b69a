import { databaseFault } from '../../lib/database-faults.ts';
import type { Database } from '../../lib/database.ts';
import { Prisma, PrismaClient, type Order as OrderRow } from '../../prisma/generated/orders/client.ts';
import type { FinalStatus, OrderReason, OrderStatus, RequestedCause } from '../../specs/temporal.ts';
import type { Order, OrderRequest, LostOrder, Placed } from './order.ts';
import { selectByAge, COLUMNS, insert, latestVersion, reinsert, type AgePage } from './statements.ts';

/**
 * How often to try again. An attempt fails only if a concurrent order of the same buyer took the version, or if the
 * order that the client names in `If-Match` was written while the attempt ran.
 */
const NEXT_VERSION_ATTEMPTS_MAX = 200;

export type OrderStore = ReturnType<typeof createOrderStore>;

/** After `place`, only `settle` and `cancel` change the status, and nothing changes what was ordered. */
export function createOrderStore({ adapter }: Pick<Database, 'adapter'>) {
  const db = new PrismaClient({ adapter });

  return {
    /** Inserts the order. If it cannot, returns the earlier order of the same key, or why no order was placed. */
    async place(request: OrderRequest): Promise<Placed> {
      for (let attempt = 0; attempt < NEXT_VERSION_ATTEMPTS_MAX; attempt++) {
        const [inserted] = await insert(db, request).catch((error: unknown) => insertedAnyway(db, request, error));
        if (inserted) return { kind: 'placed', order: toOrder(inserted) };
        // Only a new snapshot sees the row that the insert waited for, so these are separate statements. Reading the
        // version before the key ensures that an order of this key is found if it took the version.
        const latest = request.ifMatch === undefined ? undefined : await latestVersion(db, request.ownerId);
        const earlier = await this.findEarlier(request);
        if (earlier) return earlier;
        if (latest !== undefined && request.ifMatch !== latest) return { kind: 'stale', latestVersion: latest };
      }
      return { kind: 'contended' };
    },

    /**
     * Finds an earlier order of the same key. The id derives from the key. Without a key it is random, so there is none
     * to find.
     */
    async findEarlier({
      id,
      key,
    }: Pick<OrderRequest, 'id' | 'key'>): Promise<Extract<Placed, { kind: 'found' }> | undefined> {
      const row = key === undefined ? null : await db.order.findUnique({ where: { id } });
      return row ? { kind: 'found', order: toOrder(row), fingerprint: row.fingerprint } : undefined;
    },

    /** True if at least `count` orders are in progress. Stops counting there. */
    async waitingReaches(count: number): Promise<boolean> {
      const rows = await db.$queryRaw<
        unknown[]
      >`select from orders where status = 'IN_PROGRESS' offset ${count - 1} limit 1`;
      return rows.length > 0;
    },

    /** Moves an order in progress to its final status. Returns the current order, settled now or earlier. */
    async settle(id: string, status: FinalStatus, reason: OrderReason | null): Promise<Order | undefined> {
      const [moved] = await db.$queryRaw<OrderRow[]>`
        update orders set status = ${status}, first_status = ${status}, reason = ${reason}
        where id = ${id}::uuid and status = 'IN_PROGRESS' returning ${COLUMNS}`;
      return moved ? toOrder(moved) : this.find(id);
    },

    /**
     * Records who first requested the cancellation of an order in progress or after success. Returns the current order.
     */
    async requestCancellation(id: string, cause: RequestedCause): Promise<Order | undefined> {
      await db.$executeRaw`
        update orders set cancel_cause = ${cause}
        where id = ${id}::uuid and cancel_cause is null and status in ('IN_PROGRESS', 'SUCCESS')`;
      return this.find(id);
    },

    /** Moves an order in progress or after success to CANCELLED. Returns the current order. */
    async cancel(id: string, reason: OrderReason | null): Promise<Order | undefined> {
      await db.$executeRaw`
        update orders set status = 'CANCELLED', first_status = coalesce(first_status, 'CANCELLED'), reason = ${reason}
        where id = ${id}::uuid and status in ('IN_PROGRESS', 'SUCCESS')`;
      return this.find(id);
    },

    /**
     * Reinserts a lost order at the next version of its list, or returns the row that a concurrent call has inserted.
     * Undefined if concurrent orders of this buyer won every attempt.
     */
    async restore(lost: LostOrder): Promise<Order | undefined> {
      for (let attempt = 0; attempt < NEXT_VERSION_ATTEMPTS_MAX; attempt++) {
        const [written] = await reinsert(db, lost);
        if (written) return toOrder(written);
        const found = await this.find(lost.id);
        if (found) return found;
      }
      return undefined;
    },

    async find(id: string): Promise<Order | undefined> {
      const row = await db.order.findUnique({ where: { id } });
      return row ? toOrder(row) : undefined;
    },

    async settledAmong(ids: readonly string[]): Promise<Order[]> {
      const rows = await db.order.findMany({ where: { id: { in: [...ids] }, status: { not: 'IN_PROGRESS' } } });
      return rows.map(toOrder);
    },

    /** Returns orders before the given version, newest first, and the version of the whole list. */
    async list(
      ownerId: string,
      { limit, before }: { limit: number; before?: number | undefined },
    ): Promise<{ orders: Order[]; latestVersion: number }> {
      const rows = await db.order.findMany({
        where: { ownerId, ...(before !== undefined && { version: { lt: before } }) },
        orderBy: { version: 'desc' },
        take: limit,
      });
      // Without `before`, the newest row has the list version, from the same snapshot.
      const latest = before === undefined ? (rows[0]?.version ?? 0) : await latestVersion(db, ownerId);
      return { orders: rows.map(toOrder), latestVersion: latest };
    },

    inProgress: async (page: AgePage): Promise<Order[]> =>
      (await selectByAge(db, Prisma.sql`status = 'IN_PROGRESS'`, page)).map(toOrder),

    /** Returns orders whose requested cancellation has not happened yet. */
    cancelling: async (page: AgePage): Promise<Order[]> =>
      (await selectByAge(db, Prisma.sql`cancel_cause is not null and status in ('IN_PROGRESS', 'SUCCESS')`, page)).map(
        toOrder,
      ),

    close: () => db.$disconnect(),
  };
}

/**
 * An insert may take effect although its answer cannot be read. So unless the database reported a known fault, returns
 * the row if it exists. Otherwise throws the error.
 */
async function insertedAnyway(
  db: PrismaClient,
  { id, fingerprint }: OrderRequest,
  error: unknown,
): Promise<OrderRow[]> {
  const row =
    databaseFault(error) === undefined ? await db.order.findUnique({ where: { id } }).catch(() => null) : null;
  if (row?.fingerprint !== fingerprint) throw error;
  return [row];
}

const toOrder = (row: OrderRow): Order => ({
  id: row.id,
  userId: row.ownerId,
  price: Number(row.price),
  version: row.version,
  status: row.status as OrderStatus,
  reason: row.reason as OrderReason | null,
  firstStatus: row.firstStatus as FinalStatus | null,
  cancelCause: row.cancelCause as RequestedCause | null,
  createdAt: row.createdAt.toISOString(),
  correlationId: row.correlationId,
  traceparent: row.traceparent,
});
