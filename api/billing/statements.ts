/**
 * The statements that move money. In each, balance, ledger and outcome change together, and a second outcome for a key raises
 * 23505: the whole statement is undone, and the first outcome is read in a new one. Asking within the statement whether the outcome
 * exists, or `on conflict do nothing`, would let two concurrent repeats both move money. Each takes the account's row first, so that
 * a charge, its repeat and its refund queue up behind one lock and never deadlock.
 *
 * A statement that waits too long for somebody else's lock fails: by `statement_timeout`, and by `lock_timeout` when the same request was
 * at work already as it began. So the error tells a repeat from what is merely queued up behind another movement.
 */
import { Prisma, type PrismaClient, type Outcome as OutcomeRow } from '../../prisma/generated/billing/client.ts';
import type { CancelCause, Key, Movement } from './store.ts';

/** Deposits end here, so that a balance can always be told exactly: also after every order that was charged has given its money back. */
const BALANCE_MAX = Number.MAX_SAFE_INTEGER;

const OUTCOME_COLUMNS = Prisma.sql`
  owner_id as "ownerId", scope, idempotency_key as "idempotencyKey", kind, amount, outcome, cause,
  balance_after as "balanceAfter", transaction_id as "transactionId", created_at as "createdAt"`;

/** How much of the time that a statement has a repeat spends waiting for others: it has to end by the first of the two limits. */
const REPEAT_WAITS = 0.8;

/** Whoever comes first with a request marks it as being at work, until the statement ends. A repeat finds the mark, and waits by a limit of its own. */
const asked = ({ ownerId, scope, key }: Key, ...what: readonly unknown[]) => Prisma.sql`
  asked as materialized (
    select case when not pg_try_advisory_xact_lock(hashtextextended(${[ownerId, scope, key, ...what].join('/')}, 0))
      then set_config('lock_timeout', floor(${REPEAT_WAITS}::numeric * 1000 * extract(epoch from current_setting('statement_timeout')::interval))::text, true) end
  )`;

/** Charges if the account holds the amount, declines otherwise. */
export const withdrawal = (db: PrismaClient, { ownerId, scope, key, amount }: Movement) => db.$queryRaw<OutcomeRow[]>`
  with ${asked({ ownerId, scope, key }, 'withdrawal', amount)}, debit as (
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
export const replenishment = (db: PrismaClient, { ownerId, scope, key, amount }: Movement) => db.$queryRaw<OutcomeRow[]>`
  with ${asked({ ownerId, scope, key }, 'replenishment', amount)}, credit as (
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
export const refund = (db: PrismaClient, { ownerId, scope, key }: Key, cause: CancelCause) => db.$queryRaw<OutcomeRow[]>`
  with ${asked({ ownerId, scope, key }, 'cancellation')}, account as materialized (
    select owner_id from billing_accounts, asked where owner_id = ${ownerId}::uuid for update of billing_accounts
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
export const tombstone = (db: PrismaClient, { ownerId, scope, key }: Key, cause: CancelCause) => db.$queryRaw<OutcomeRow[]>`
  with ${asked({ ownerId, scope, key }, 'cancellation')}
  insert into outcomes (owner_id, scope, idempotency_key, kind, outcome, cause)
  select ${ownerId}::uuid, ${scope}, ${key}::uuid, 'withdrawal', 'CANCELLED', ${cause} from asked
  returning ${OUTCOME_COLUMNS}`;
