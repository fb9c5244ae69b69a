import type { Buyer } from '../clients/buyer.ts';
import { answered } from '../clients/answered.ts';
import type { Exchange } from '../clients/history.ts';
import * as requests from '../clients/requests.ts';
import { eachOf } from '../each-of.ts';
import type { Books } from './books.ts';
import { violations, type Violation } from './violation.ts';

const AT_ONCE = 8;
const PAGE = 100;

/** Has each buyer read all that is theirs, once everything has come to rest, and answers what they saw. */
export async function readAll(buyers: readonly Buyer[]): Promise<Exchange[]> {
  const { listOrders, listTransactions, listNotifications, readBalance } = requests;
  const reads = await eachOf([...buyers], AT_ONCE, async ({ ask }) => [
    await answered(() => ask(listOrders(PAGE))),
    await answered(() => ask(listTransactions(PAGE))),
    await answered(() => ask(listNotifications())),
    await answered(() => ask(readBalance())),
  ]);
  return reads.flat();
}

/** Whether each of them saw what the books have. */
export function brokenLastReads(reads: readonly Exchange[], books: Books): Violation[] {
  return violations(
    'I13',
    reads.filter((read) => JSON.stringify(seenIn(read)) !== JSON.stringify(dueTo(read, books))),
    (read) =>
      `request ${read.seq}, ${read.asked.operation}, was answered ${read.answer?.status}, and not what the books have`,
  );
}

/** What tells one row from another, newest first. */
function seenIn({ asked, answer }: Exchange): unknown {
  if (answer?.status !== 200) return undefined;
  if (asked.operation === 'readBalance') return answer.body.amount;
  return (answer.body as Array<{ id: string | number; status?: string }>).map(({ id, status }) =>
    asked.operation === 'listOrders' ? `${id} ${status}` : String(id),
  );
}

function dueTo({ as, asked }: Exchange, { orders, movements, notifications, accounts }: Books): unknown {
  const own = <Row extends { owner: string }>(rows: readonly Row[]): Row[] => rows.filter(({ owner }) => owner === as);
  switch (asked.operation) {
    case 'listOrders':
      return newest(own(orders), ({ version }) => version).map(({ id, status }) => `${id} ${status}`);
    case 'listTransactions':
      return newest(own(movements), ({ id }) => id).map(({ id }) => String(id));
    case 'listNotifications':
      return newest(own(notifications), ({ seq }) => seq).map(({ seq }) => String(seq));
    default:
      return own(accounts)[0]?.amount ?? 0;
  }
}

const newest = <Row>(rows: readonly Row[], by: (row: Row) => number): Row[] =>
  rows.toSorted((a, b) => by(b) - by(a)).slice(0, PAGE);
