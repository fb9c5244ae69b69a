import { text, type Env } from '../../lib/config.ts';
import { openDatabase } from '../../lib/database.ts';
import { PrismaClient, type Outcome, type Transaction } from '../../prisma/generated/billing/client.ts';
import { chargeKey } from '../../specs/identity.ts';
import type { Part } from './part.ts';
import { columns, type Clock } from './text.ts';

/** What billing has under the charge key of an order. */
export interface Money {
  outcome: Outcome | undefined;
  ledger: Transaction[];
}

/** The outcome and the ledger lines under the order's charge key. Undefined when billing has neither. */
export async function readMoney(env: Env, orderId: string, ownerId: string | undefined): Promise<Money | undefined> {
  const url = text('BILLING_DATABASE_URL')(env);
  if (!ownerId) throw new Error('the buyer is not known, and billing keeps its outcomes by buyer');
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

/** What became of the charge, and the movements of money that it made. */
export function tellMoney(money: Part<Money>, clock: Clock, isFinal: boolean): string[] {
  if (money.kind === 'unread') return [`  not read: ${money.why}`];
  if (money.kind === 'missing')
    return [
      isFinal
        ? '  missing: the order is final, and billing knows nothing under its key'
        : '  nothing yet: billing has not been asked, or has not answered',
    ];
  const { outcome, ledger } = money.value;
  return columns([
    outcome
      ? [clock(outcome.createdAt), 'outcome', outcomeWords(outcome)]
      : ['', 'outcome', 'missing: there is a ledger line without one'],
    ...(outcome?.outcome === 'REFUNDED' ? [['', 'outcome', `REFUNDED since, cause ${outcome.cause}`]] : []),
    ...ledger.map((line) => [
      clock(line.createdAt),
      'ledger',
      `${line.kind} ${line.amount}, transaction ${line.id}${line.isCancelled ? ', cancelled: the money is back' : ''}`,
    ]),
    ...(ledger.length === 0 ? [['', 'ledger', 'no line: no money moved']] : []),
  ]);
}

/** What the key first came to: moment and balance stay those of the charge when that is given back. */
function outcomeWords({ outcome, amount, cause, balanceAfter }: Outcome): string {
  const first = outcome === 'REFUNDED' ? { outcome: 'CHARGED', cause: null } : { outcome, cause };
  const words = [
    `${first.outcome} ${amount ?? ''}`.trim(),
    first.cause && `cause ${first.cause}`,
    balanceAfter !== null && `balance after it ${balanceAfter}`,
  ];
  return words.filter(Boolean).join(', ');
}
