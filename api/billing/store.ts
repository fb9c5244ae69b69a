import { databaseFault } from '../../lib/database-faults.ts';
import { type Database } from '../../lib/database.ts';
import { createLockWaits, HELD_CONCURRENT_MAX } from '../../lib/lock-waits.ts';
import { PrismaClient, type Outcome as OutcomeRow } from '../../prisma/generated/billing/client.ts';
import type { CancelCause } from '../../specs/temporal.ts';
import { createAccountQueue, InProgress } from './account-queue.ts';
import type { Scope, Kind, Key, Movement, Outcome, Transaction } from './movement.ts';
import { refund, replenishment, tombstone, withdrawal } from './statements.ts';

/** How often a request may lose a race and try again. With each loss, another request makes progress. */
const ATTEMPTS_MAX = 20;
/** With two connections, the database works on one while the other's result is in flight. */
const CONCURRENT_PER_ACCOUNT = 2;

type Statement = () => Promise<OutcomeRow[]>;

export type BillingStore = ReturnType<typeof createBillingStore>;

/**
 * A movement changes balance, ledger and outcome together or not at all. A repeat returns the first outcome. A request
 * that waits for too long throws `InProgress`: it had no effect and may be sent again. Needs a database that does not
 * repeat statements after lock waits, because the store does so by account.
 */
export function createBillingStore({ adapter, statementMs }: Pick<Database, 'adapter' | 'statementMs'>) {
  const db = new PrismaClient({ adapter });
  // A first attempt starts early enough to time out before the caller does.
  const inTurn = createAccountQueue({
    concurrent: CONCURRENT_PER_ACCOUNT,
    heldConcurrent: HELD_CONCURRENT_MAX,
    startWithinMs: statementMs / 2,
    endWithinMs: statementMs,
  });
  const lockWaits = createLockWaits({ withinMs: statementMs });
  const move = (movement: Movement, act: Statement) =>
    orFirstOutcome(
      inTurn(movement.ownerId, {
        attempt: (throwIfLate) => moveOnce(db, movement, act, throwIfLate),
        earlier: () => findOutcome(db, movement),
      }),
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
        inTurn(key.ownerId, {
          attempt: (throwIfLate) => cancelOnce(db, key, cause, throwIfLate),
          earlier: () => findUnlessCharged(db, key),
        }),
        () => findUnlessCharged(db, key),
      ),

    /** False if the account was open already. */
    async open(ownerId: string): Promise<boolean> {
      const opened = await lockWaits(
        () => db.$executeRaw`
          insert into billing_accounts (owner_id) values (${ownerId}::uuid) on conflict do nothing`,
      );
      return opened === 1;
    },

    /** 0 without an account. */
    async balance(ownerId: string): Promise<number> {
      const account = await lockWaits(() => db.billingAccount.findUnique({ where: { ownerId } }));
      return Number(account?.amount ?? 0);
    },

    /** Transactions with an id below `before`, newest first. */
    async transactions(ownerId: string, page: { limit: number; before?: number | undefined }): Promise<Transaction[]> {
      const where = { ownerId, ...(page.before !== undefined && { id: { lt: page.before } }) };
      const rows = await lockWaits(() => db.transaction.findMany({ where, orderBy: { id: 'desc' }, take: page.limit }));
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

/** `act` must violate the primary key (23505) if the key has an outcome. */
async function moveOnce(
  db: PrismaClient,
  movement: Movement,
  act: Statement,
  throwIfLate: () => void,
): Promise<Outcome> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const [stored] = (await unlessDuplicate(act)) ?? [];
    if (stored) return toOutcome(stored, false);
    const outcome = await findOutcome(db, movement);
    if (outcome) return outcome;
    // A deadlock or a conflict ended this attempt.
    throwIfLate();
  }
  throw new Error(`a movement of money lost ${ATTEMPTS_MAX} races in a row`);
}

async function cancelOnce(db: PrismaClient, key: Key, cause: CancelCause, throwIfLate: () => void): Promise<Outcome> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const outcome = await findOutcome(db, key);
    if (outcome && outcome.outcome !== 'CHARGED') return outcome;
    // Only a refund needs the account, so a tombstone is stored even while the account is locked.
    const act = outcome ? refund : tombstone;
    const [stored] = (await unlessDuplicate(() => act(db, key, cause))) ?? [];
    if (stored) return toOutcome(stored, false);
    // A concurrent request won: it charged before the tombstone was stored, or it refunded first.
    throwIfLate();
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
