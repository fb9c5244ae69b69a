import { text, type Env } from '../../../lib/config.ts';
import { openDatabase } from '../../../lib/database.ts';
import { PrismaClient, type Outcome, type Transaction } from '../../../prisma/generated/billing/client.ts';
import { chargeKey } from '../../../specs/identity.ts';
import type { Lookup } from '../../lookup.ts';
import { columns, type Clock } from '../../terminal.ts';

/** Billing's data under an order's charge key. */
export interface Money {
  outcome: Outcome | undefined;
  ledger: Transaction[];
}

/** Undefined if billing has neither outcome nor ledger entries. */
export async function readMoney(env: Env, orderId: string, ownerId: string | undefined): Promise<Money | undefined> {
  const url = text('BILLING_DATABASE_URL')(env);
  if (!ownerId) throw new Error('the buyer is unknown, and billing stores outcomes per buyer');
  const database = openDatabase(url, { size: 1 });
  const db = new PrismaClient({ adapter: database.adapter });
  try {
    const key = { ownerId, scope: 'order', idempotencyKey: chargeKey(orderId) };
    const outcome = (await db.outcome.findUnique({ where: { ownerId_scope_idempotencyKey: key } })) ?? undefined;
    const ledger = await db.transaction.findMany({ where: key, orderBy: { id: 'asc' } });
    return outcome || ledger.length > 0 ? { outcome, ledger } : undefined;
  } finally {
    await db.$disconnect();
    await database.close();
  }
}

/** Formats the outcome and the ledger entries. */
export function formatMoney(money: Lookup<Money>, clock: Clock, isFinal: boolean): string[] {
  if (money.kind === 'unreadable') return [`  could not be read: ${money.why}`];
  if (money.kind === 'missing')
    return [
      isFinal
        ? '  missing: the order is final, but billing has no outcome under its charge key'
        : '  none yet: billing has not decided the charge',
    ];
  const { outcome, ledger } = money.value;
  return columns([
    outcome
      ? [clock(outcome.createdAt), 'outcome', describeOutcome(outcome)]
      : ['', 'outcome', 'missing: the ledger has an entry without an outcome'],
    ...(outcome?.outcome === 'REFUNDED' ? [['', 'outcome', `later REFUNDED, cause ${outcome.cause}`]] : []),
    ...ledger.map((entry) => [
      clock(entry.createdAt),
      'ledger',
      `${entry.kind} ${entry.amount}, transaction ${entry.id}${entry.isCancelled ? ', cancelled: the money was refunded' : ''}`,
    ]),
    ...(ledger.length === 0 ? [['', 'ledger', 'no entry: no money moved']] : []),
  ]);
}

/** The first outcome. After a refund, the stored time and balance are still those of the charge. */
function describeOutcome({ outcome, amount, cause, balanceAfter }: Outcome): string {
  const first = outcome === 'REFUNDED' ? { outcome: 'CHARGED', cause: null } : { outcome, cause };
  const parts = [
    `${first.outcome} ${amount ?? ''}`.trim(),
    first.cause && `cause ${first.cause}`,
    balanceAfter !== null && `balance afterwards ${balanceAfter}`,
  ];
  return parts.filter(Boolean).join(', ');
}
