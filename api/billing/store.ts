import { databaseFault, type Database } from '../../lib/database.ts';
import { PrismaClient, type Outcome as OutcomeRow } from '../../prisma/generated/billing/client.ts';
import { ended, nameOf, refund, replenishment, tombstone, withdrawal } from './statements.ts';
import { createTurns, InProgress, type Turn } from './turns.ts';

/** `client`: a key that a buyer chose. `order`: the charge of an order. The two never meet, so no buyer can occupy an order's key. */
export type Scope = 'client' | 'order';
export type Kind = 'replenishment' | 'withdrawal';
export type CancelCause = 'buyer' | 'operator' | 'deadline';

/** What names a movement of money: one key, one outcome, for ever. */
export interface Key {
  ownerId: string;
  scope: Scope;
  key: string;
}

/** Amounts are whole minor units. */
export interface Movement extends Key {
  kind: Kind;
  amount: number;
}

export interface Outcome {
  kind: Kind;
  /** Null for a key that was cancelled before anything was asked under it. */
  amount: number | null;
  outcome: 'CHARGED' | 'CREDITED' | 'DECLINED' | 'CANCELLED' | 'REFUNDED';
  cause: CancelCause | null;
  balanceAfter: number | null;
  transactionId: number | null;
  /** True when the outcome was there before this call. */
  replayed: boolean;
}

export interface Transaction {
  id: number;
  kind: Kind;
  /** Signed. */
  amount: number;
  scope: Scope;
  idempotencyKey: string;
  createdAt: Date;
  isCancelled: boolean;
}

/** How often a statement that lost a race is tried again. Each loss means that somebody else got on. */
const ATTEMPTS_MAX = 20;
/** Two of the six connections that a role has to its database: while one answer is on its way, the other is at work. Three accounts that are held take them all. */
const AT_ONCE_ON_AN_ACCOUNT = 2;

export type BillingStore = ReturnType<typeof createBillingStore>;

/**
 * The accounts, the ledger and the outcomes: balance, ledger and outcome of a movement change together or not at all.
 * What moves money throws `InProgress` when it had to wait for too long: it has not happened, and may be asked for again.
 */
export function createBillingStore({ adapter, statementMs }: Pick<Database, 'adapter' | 'statementMs'>) {
  const db = new PrismaClient({ adapter });
  const inTurn = createTurns({ atOnce: AT_ONCE_ON_AN_ACCOUNT, waitMs: statementMs / 2 });
  // Half of a statement's time for what comes before the last one: the answer comes before its caller gives up.
  const move = (movement: Movement, act: () => Promise<OutcomeRow[]>) =>
    orFirst(
      inTurn(movement.ownerId, nameOf(movement), (turn) => once(db, movement, { act, turn })),
      () => told(db, movement),
    );

  return {
    /** Takes the amount from the account if it holds that much, and remembers which of the two happened. A repeat answers what happened first. */
    withdraw: (movement: Movement) => move(movement, () => withdrawal(db, movement)),

    /** Adds the amount to the account, which is opened by its first money. Declined when the balance could no longer be told exactly. */
    replenish: (movement: Movement) => move(movement, () => replenishment(db, movement)),

    /**
     * Makes billing promise that nothing is charged under the key, ever: money that was taken is given back, once; a key that was
     * never seen gets a tombstone, which turns a late charge away. Answers the same for ever after.
     */
    cancel: (key: Key, cause: CancelCause) =>
      orFirst(
        inTurn(key.ownerId, nameOf(key), (turn) => cancelled(db, key, { cause, turn })),
        () => toldUnlessCharged(db, key),
      ),

    /** Opens the account. False when it was open already. */
    async open(ownerId: string): Promise<boolean> {
      return (
        (await db.$executeRaw`insert into billing_accounts (owner_id) values (${ownerId}::uuid) on conflict do nothing`) ===
        1
      );
    },

    /** In minor units; 0 for an owner without an account. */
    async balance(ownerId: string): Promise<number> {
      const account = await db.billingAccount.findUnique({ where: { ownerId } });
      return Number(account?.amount ?? 0);
    },

    /** The owner's movements, newest first, from before the given one. */
    async transactions(
      ownerId: string,
      { limit, before }: { limit: number; before?: number | undefined },
    ): Promise<Transaction[]> {
      const rows = await db.transaction.findMany({
        where: { ownerId, ...(before !== undefined && { id: { lt: before } }) },
        orderBy: { id: 'desc' },
        take: limit,
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

/** Does it, or finds what was done first. `act` must raise 23505 when the key has an outcome already, and do nothing while the same movement is at work. */
async function once(
  db: PrismaClient,
  movement: Movement,
  { act, turn }: { act: () => Promise<OutcomeRow[]>; turn: Turn },
): Promise<Outcome> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const done = await unlessDuplicate(act);
    if (done?.[0]) return toOutcome(done[0], false);
    if (done) {
      turn.isRepeat = true;
      await ended(db, movement);
    }
    const outcome = await told(db, movement);
    if (outcome) return outcome;
    // A deadlock that was broken, or a first one that was undone in the meantime: nothing has happened yet.
    turn.goOn();
  }
  throw new Error('a movement of money lost too many races');
}

async function cancelled(
  db: PrismaClient,
  key: Key,
  { cause, turn }: { cause: CancelCause; turn: Turn },
): Promise<Outcome> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const [refunded] = await refund(db, key, cause);
    if (refunded) return toOutcome(refunded, false);
    const outcome = await toldUnlessCharged(db, key);
    if (outcome) return outcome;
    turn.goOn();
    // Charged since the first of these statements? Then this is a duplicate, and the money is given back after all.
    const [buried] = (await unlessDuplicate(() => tombstone(db, key, cause))) ?? [];
    if (buried) return toOutcome(buried, false);
  }
  throw new Error('a cancellation lost too many races');
}

/** Who has waited in vain is told what was done first, if anything was: also what had been done long before. */
const orFirst = (outcome: Promise<Outcome>, first: () => Promise<Outcome | undefined>): Promise<Outcome> =>
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

/** What was done first under the key, as whoever comes later is told it. */
async function told(db: PrismaClient, { ownerId, scope, key }: Key): Promise<Outcome | undefined> {
  const row = await db.outcome.findUnique({
    where: { ownerId_scope_idempotencyKey: { ownerId, scope, idempotencyKey: key } },
  });
  return row ? toOutcome(row, true) : undefined;
}

async function toldUnlessCharged(db: PrismaClient, key: Key): Promise<Outcome | undefined> {
  const outcome = await told(db, key);
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
