import { NIL } from 'uuid';
import type { Database } from '../../lib/database.ts';
import {
  PrismaClient,
  type Outcome as OutcomeRow,
  type Transaction as TransactionRow,
} from '../../prisma/generated/billing/client.ts';

export type { OutcomeRow };

/** Billing's data under the charge key of one order. */
export interface ChargeRows {
  outcome: OutcomeRow | undefined;
  ledger: TransactionRow[];
}

/** Billing's data for the auditor and for operators. */
export function createBillingAuditView({ adapter }: Pick<Database, 'adapter'>) {
  const db = new PrismaClient({ adapter });
  return {
    /** A page of the ids of buyers with an account or an outcome, sorted, starting after `after`. */
    async owners(after: string | undefined, limit: number): Promise<string[]> {
      const from = after ?? NIL;
      const rows = await db.$queryRaw<Array<{ ownerId: string }>>`
        select owner_id::text as "ownerId" from (
          (select owner_id from billing_accounts where owner_id > ${from}::uuid order by owner_id limit ${limit})
          union (select distinct owner_id from outcomes where owner_id > ${from}::uuid order by owner_id limit ${limit})
          order by owner_id limit ${limit}) as owners`;
      return rows.map(({ ownerId }) => ownerId);
    },

    /** Balance and ledger sum from one snapshot, and all outcomes and movements in the scope `order`. */
    async ofOwner(ownerId: string) {
      const [account] = await db.$queryRaw<Array<{ balance: bigint; ledgerSum: bigint }>>`
        select coalesce((select amount from billing_accounts where owner_id = ${ownerId}::uuid), 0)::bigint as balance,
          coalesce(
            (select sum(amount) from transactions where owner_id = ${ownerId}::uuid and not is_cancelled), 0
          )::bigint as "ledgerSum"`;
      const where = { ownerId, scope: 'order' };
      const outcomes = await db.outcome.findMany({ where, select: { idempotencyKey: true, outcome: true } });
      const movements = await db.transaction.findMany({
        where,
        select: { idempotencyKey: true, amount: true, isCancelled: true },
      });
      return {
        account: account!,
        movements: movements.map(({ idempotencyKey: key, ...movement }) => ({ key, ...movement })),
        outcomes: outcomes.map(({ idempotencyKey: key, outcome }) => ({ key, outcome })),
      };
    },

    /** Undefined if billing has neither an outcome nor ledger entries. */
    async ofCharge(ownerId: string, chargeKey: string): Promise<ChargeRows | undefined> {
      const key = { ownerId, scope: 'order', idempotencyKey: chargeKey };
      const outcome = (await db.outcome.findUnique({ where: { ownerId_scope_idempotencyKey: key } })) ?? undefined;
      const ledger = await db.transaction.findMany({ where: key, orderBy: { id: 'asc' } });
      return outcome || ledger.length > 0 ? { outcome, ledger } : undefined;
    },

    close: () => db.$disconnect(),
  };
}
