import { databaseFault } from '../../lib/database-faults.ts';
import { type Database } from '../../lib/database.ts';
import { PrismaClient, type Outcome as OutcomeRow } from '../../prisma/generated/billing/client.ts';
import type { CancelCause } from '../../specs/temporal.ts';
import { createAccountQueue, InProgress, type Slot } from './account-queue.ts';
import type { Scope, Kind, Key, Movement, Outcome, Transaction } from './movement.ts';
import { refund, replenishment, requestName, tombstone, waitForRequest, withdrawal } from './statements.ts';

/** How often a request may lose a race and try again. With each loss, another request makes progress. */
const ATTEMPTS_MAX = 20;
/**
 * With two connections, the database works on one while the other's result is in flight. The pool has six, so three
 * locked accounts take them all.
 */
const CONCURRENT_PER_ACCOUNT = 2;

type Statement = () => Promise<OutcomeRow[]>;

export type BillingStore = ReturnType<typeof createBillingStore>;

/**
 * A movement changes balance, ledger and outcome together or not at all. A repeat returns the first outcome. A request
 * that waits for too long throws `InProgress`: it had no effect and may be sent again.
 */
export function createBillingStore({ adapter, statementMs }: Pick<Database, 'adapter' | 'statementMs'>) {
  const db = new PrismaClient({ adapter });
  // Waits at most half a statement timeout before the statement starts, so that the caller gets a response in time.
  const withSlot = createAccountQueue({ concurrent: CONCURRENT_PER_ACCOUNT, waitMs: statementMs / 2 });
  const move = (movement: Movement, act: Statement) =>
    orFirstOutcome(
      withSlot(movement.ownerId, requestName(movement), (slot) => moveOnce(db, movement, act, slot)),
      () => findOutcome(db, movement),
    );

  return {
    /** Declines if the balance is too low. */
    withdraw: (movement: Movement) => move(movement, () => withdrawal(db, movement)),

    /**
     * The first deposit opens the account. Declines if the balance plus all possible refunds would exceed the largest
     * exact number.
     */
    replenish: (movement: Movement) => move(movement, () => replenishment(db, movement)),

    /**
     * Guarantees that nothing stays charged under the key. Refunds a charge, at most once. Without a charge, leaves a
     * tombstone that makes a late charge fail.
     */
    cancel: (key: Key, cause: CancelCause) =>
      orFirstOutcome(
        withSlot(key.ownerId, requestName(key), (slot) => cancelOnce(db, key, cause, slot)),
        () => findUnlessCharged(db, key),
      ),

    /** False if the account was open already. */
    async open(ownerId: string): Promise<boolean> {
      const opened = await db.$executeRaw`
        insert into billing_accounts (owner_id) values (${ownerId}::uuid) on conflict do nothing`;
      return opened === 1;
    },

    /** 0 without an account. */
    async balance(ownerId: string): Promise<number> {
      const account = await db.billingAccount.findUnique({ where: { ownerId } });
      return Number(account?.amount ?? 0);
    },

    /** Transactions with an id below `before`, newest first. */
    async transactions(ownerId: string, page: { limit: number; before?: number | undefined }): Promise<Transaction[]> {
      const rows = await db.transaction.findMany({
        where: { ownerId, ...(page.before !== undefined && { id: { lt: page.before } }) },
        orderBy: { id: 'desc' },
        take: page.limit,
      });
      return rows.map(({ id, scope, idempotencyKey, kind, amount, createdAt, isCancelled }) => ({
        id: Number(id),
        scope: scope as Scope,
        idempotencyKey,
        kind: kind as Kind,
        amount: Number(amount),
        createdAt,
        isCancelled,
      }));
    },

    close: () => db.$disconnect(),
  };
}

/**
 * `act` must violate the primary key (23505) if the key has an outcome, and return no row while the same request is
 * running.
 */
async function moveOnce(db: PrismaClient, movement: Movement, act: Statement, slot: Slot): Promise<Outcome> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const rows = await unlessDuplicate(act);
    if (rows?.[0]) return toOutcome(rows[0], false);
    if (rows) {
      slot.isRepeat = true;
      await waitForRequest(db, movement);
    }
    const outcome = await findOutcome(db, movement);
    if (outcome) return outcome;
    // No outcome: a deadlock ended this attempt, or the first request was rolled back. Try again unless it is late.
    slot.throwIfLate();
  }
  throw new Error(`a movement of money lost ${ATTEMPTS_MAX} races in a row`);
}

async function cancelOnce(db: PrismaClient, key: Key, cause: CancelCause, slot: Slot): Promise<Outcome> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const [refunded] = await refund(db, key, cause);
    if (refunded) return toOutcome(refunded, false);
    const outcome = await findUnlessCharged(db, key);
    if (outcome) return outcome;
    slot.throwIfLate();
    // If a charge came after `refund`, the tombstone is a duplicate, and the next attempt refunds the charge.
    const [stored] = (await unlessDuplicate(() => tombstone(db, key, cause))) ?? [];
    if (stored) return toOutcome(stored, false);
  }
  throw new Error(`a cancellation lost ${ATTEMPTS_MAX} races in a row`);
}

/** After `InProgress`, returns the key's first outcome if one exists, however old. */
const orFirstOutcome = (outcome: Promise<Outcome>, first: () => Promise<Outcome | undefined>): Promise<Outcome> =>
  outcome.catch(async (error: unknown) => {
    const found = error instanceof InProgress ? await first().catch(() => undefined) : undefined;
    if (found) return found;
    throw error;
  });

async function unlessDuplicate<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    const fault = databaseFault(error);
    if (fault === 'duplicate' || fault === 'conflict') return undefined;
    throw error;
  }
}

async function findOutcome(db: PrismaClient, { ownerId, scope, key }: Key): Promise<Outcome | undefined> {
  const where = { ownerId_scope_idempotencyKey: { ownerId, scope, idempotencyKey: key } };
  const row = await db.outcome.findUnique({ where });
  return row ? toOutcome(row, true) : undefined;
}

async function findUnlessCharged(db: PrismaClient, key: Key): Promise<Outcome | undefined> {
  const outcome = await findOutcome(db, key);
  return outcome?.outcome === 'CHARGED' ? undefined : outcome;
}

const toOutcome = (row: OutcomeRow, replayed: boolean): Outcome => ({
  kind: row.kind as Kind,
  amount: row.amount === null ? null : Number(row.amount),
  outcome: row.outcome as Outcome['outcome'],
  cause: row.cause as CancelCause | null,
  balanceAfter: row.balanceAfter === null ? null : Number(row.balanceAfter),
  transactionId: row.transactionId === null ? null : Number(row.transactionId),
  replayed,
});
