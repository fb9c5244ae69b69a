/**
 * The statements that move money. In each, balance, ledger and outcome change together, and a second outcome for a key raises
 * 23505: the whole statement is undone, and the first outcome is read in a new one. Asking within the statement whether the outcome
 * exists, or `on conflict do nothing`, would let two concurrent repeats both move money. Each takes the account's row first, so that
 * a charge, its repeat and its refund queue up behind one lock and never deadlock.
 *
 * Before that a movement marks its request as being at work, until the statement ends. One whose request is at work already does nothing
 * and answers no row, so that a repeat knows that it is one, whatever it then waits for. That spares waiting for the account; what keeps
 * money from moving twice is the key of the outcomes alone.
 */
import { Prisma, type PrismaClient, type Outcome as OutcomeRow } from '../../prisma/generated/billing/client.ts';
import type { CancelCause, Key, Movement } from './store.ts';

/** Deposits end here, so that a balance can always be told exactly: also after every order that was charged has given its money back. */
const BALANCE_MAX = Number.MAX_SAFE_INTEGER;

const OUTCOME_COLUMNS = Prisma.sql`
  owner_id as "ownerId", scope, idempotency_key as "idempotencyKey", kind, amount, outcome, cause,
  balance_after as "balanceAfter", transaction_id as "transactionId", created_at as "createdAt"`;

/** What a request to billing has in common with its repeats, and with no other. */
export const nameOf = ({ ownerId, scope, key, kind, amount }: Key & Partial<Movement>): string =>
  [ownerId, scope, key, kind ?? 'cancellation', amount].join('/');

const markOf = (movement: Movement) => Prisma.sql`hashtextextended(${nameOf(movement)}, 0)`;

const asked = (movement: Movement) =>
  Prisma.sql`asked as materialized (select from pg_try_advisory_xact_lock(${markOf(movement)}) as first where first)`;

/** Waits until this same movement is no longer at work anywhere. */
export const ended = (db: PrismaClient, movement: Movement) =>
  db.$executeRaw`select pg_advisory_xact_lock_shared(${markOf(movement)})`;

/** Charges if the account holds the amount, declines otherwise. */
export const withdrawal = (
  db: PrismaClient,
  movement: Movement,
  { ownerId, scope, key, amount } = movement,
) => db.$queryRaw<OutcomeRow[]>`
  with ${asked(movement)}, debit as (
    update billing_accounts set amount = amount - ${amount}::bigint, refundable = refundable + ${scope === 'order' ? amount : 0}::bigint
    from asked where owner_id = ${ownerId}::uuid and amount >= ${amount}::bigint
    returning amount
  ), ledger as (
    insert into transactions (owner_id, scope, idempotency_key, kind, amount)
    select ${ownerId}::uuid, ${scope}, ${key}::uuid, 'withdrawal', -${amount}::bigint from debit
    returning id
  )
  insert into outcomes (owner_id, scope, idempotency_key, kind, amount, outcome, balance_after, transaction_id)
  select ${ownerId}::uuid, ${scope}, ${key}::uuid, 'withdrawal', ${amount}::bigint,
    case when ledger.id is null then 'DECLINED' else 'CHARGED' end, debit.amount, ledger.id
  from asked left join debit on true left join ledger on true
  returning ${OUTCOME_COLUMNS}`;

/** Adds the amount, and opens the account with its first money. */
export const replenishment = (
  db: PrismaClient,
  movement: Movement,
  { ownerId, scope, key, amount } = movement,
) => db.$queryRaw<OutcomeRow[]>`
  with ${asked(movement)}, credit as (
    insert into billing_accounts as account (owner_id, amount) select ${ownerId}::uuid, ${amount}::bigint from asked
    on conflict (owner_id) do update set amount = account.amount + ${amount}::bigint
      where account.amount + account.refundable + ${amount}::bigint <= ${BALANCE_MAX}::bigint
    returning amount
  ), ledger as (
    insert into transactions (owner_id, scope, idempotency_key, kind, amount)
    select ${ownerId}::uuid, ${scope}, ${key}::uuid, 'replenishment', ${amount}::bigint from credit
    returning id
  )
  insert into outcomes (owner_id, scope, idempotency_key, kind, amount, outcome, balance_after, transaction_id)
  select ${ownerId}::uuid, ${scope}, ${key}::uuid, 'replenishment', ${amount}::bigint,
    case when ledger.id is null then 'DECLINED' else 'CREDITED' end, credit.amount, ledger.id
  from asked left join credit on true left join ledger on true
  returning ${OUTCOME_COLUMNS}`;

/** Gives back what was charged under the key. No row when nothing was, as far as this statement's snapshot goes. */
export const refund = (db: PrismaClient, { ownerId, scope, key }: Key, cause: CancelCause) => db.$queryRaw<
  OutcomeRow[]
>`
  with account as materialized (
    select owner_id from billing_accounts where owner_id = ${ownerId}::uuid for update
  ), refunded as (
    update outcomes set outcome = 'REFUNDED', cause = ${cause} from account
    where outcomes.owner_id = account.owner_id and scope = ${scope} and idempotency_key = ${key}::uuid and outcome = 'CHARGED'
    returning outcomes.*
  ), undone as (
    update transactions set is_cancelled = true from refunded where transactions.id = refunded.transaction_id and not is_cancelled
    returning transactions.owner_id, -transactions.amount as amount
  ), credited as (
    update billing_accounts as account set amount = account.amount + undone.amount, refundable = account.refundable - undone.amount
    from undone where account.owner_id = undone.owner_id
  )
  select ${OUTCOME_COLUMNS} from refunded`;

/** Turns away whatever comes later under the key. */
export const tombstone = (db: PrismaClient, { ownerId, scope, key }: Key, cause: CancelCause) => db.$queryRaw<
  OutcomeRow[]
>`
  insert into outcomes (owner_id, scope, idempotency_key, kind, outcome, cause)
  values (${ownerId}::uuid, ${scope}, ${key}::uuid, 'withdrawal', 'CANCELLED', ${cause})
  returning ${OUTCOME_COLUMNS}`;
