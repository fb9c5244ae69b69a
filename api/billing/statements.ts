import { Prisma, type PrismaClient, type Outcome as OutcomeRow } from '../../prisma/generated/billing/client.ts';
import type { CancelCause } from '../../specs/temporal.ts';
import type { Key, Movement } from './movement.ts';

/** Limits deposits, so that a balance is an exact JavaScript number even if every order is refunded. */
const BALANCE_MAX = Number.MAX_SAFE_INTEGER;

const OUTCOME_COLUMNS = Prisma.sql`
  owner_id as "ownerId", scope, idempotency_key as "idempotencyKey", kind, amount, outcome, cause,
  balance_after as "balanceAfter", transaction_id as "transactionId", created_at as "createdAt"`;

/** Charges, or declines if the balance is too low. */
export const withdrawal = (db: PrismaClient, { ownerId, scope, key, amount }: Movement) => db.$queryRaw<OutcomeRow[]>`
  with debit as (
    update billing_accounts
    set amount = amount - ${amount}::bigint, refundable = refundable + ${scope === 'order' ? amount : 0}::bigint
    where owner_id = ${ownerId}::uuid and amount >= ${amount}::bigint
    returning amount
  ), ledger as (
    insert into transactions (owner_id, scope, idempotency_key, kind, amount)
    select ${ownerId}::uuid, ${scope}, ${key}::uuid, 'withdrawal', -${amount}::bigint from debit
    returning id
  )
  insert into outcomes (owner_id, scope, idempotency_key, kind, amount, outcome, balance_after, transaction_id)
  select ${ownerId}::uuid, ${scope}, ${key}::uuid, 'withdrawal', ${amount}::bigint,
    case when ledger.id is null then 'DECLINED' else 'CHARGED' end, debit.amount, ledger.id
  from (select) as request left join debit on true left join ledger on true
  returning ${OUTCOME_COLUMNS}`;

/** The first deposit opens the account. */
export const replenishment = (db: PrismaClient, { ownerId, scope, key, amount }: Movement) => db.$queryRaw<
  OutcomeRow[]
>`
  with credit as (
    insert into billing_accounts as account (owner_id, amount) values (${ownerId}::uuid, ${amount}::bigint)
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
  from (select) as request left join credit on true left join ledger on true
  returning ${OUTCOME_COLUMNS}`;

/** Refunds a charge. Returns no row if this statement's snapshot contains no charge under the key. */
export const refund = (db: PrismaClient, { ownerId, scope, key }: Key, cause: CancelCause) => db.$queryRaw<
  OutcomeRow[]
>`
  with account as materialized (
    select owner_id from billing_accounts where owner_id = ${ownerId}::uuid for update
  ), refunded as (
    update outcomes set outcome = 'REFUNDED', cause = ${cause} from account
    where outcomes.owner_id = account.owner_id and scope = ${scope} and idempotency_key = ${key}::uuid
      and outcome = 'CHARGED'
    returning outcomes.*
  ), undone as (
    update transactions set is_cancelled = true from refunded
    where transactions.id = refunded.transaction_id and not is_cancelled
    returning transactions.owner_id, -transactions.amount as amount
  ), credited as (
    update billing_accounts as account
    set amount = account.amount + undone.amount, refundable = account.refundable - undone.amount
    from undone where account.owner_id = undone.owner_id
  )
  select ${OUTCOME_COLUMNS} from refunded`;

/** Stores the outcome CANCELLED for a key that has none, so that a later charge under this key fails. */
export const tombstone = (db: PrismaClient, { ownerId, scope, key }: Key, cause: CancelCause) => db.$queryRaw<
  OutcomeRow[]
>`
  insert into outcomes (owner_id, scope, idempotency_key, kind, outcome, cause)
  values (${ownerId}::uuid, ${scope}, ${key}::uuid, 'withdrawal', 'CANCELLED', ${cause})
  returning ${OUTCOME_COLUMNS}`;
