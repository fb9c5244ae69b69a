import type { Buyer } from '../clients/buyer.ts';
import type { Exchange } from '../clients/history.ts';
import * as requests from '../clients/requests.ts';
import { untilAnswered } from '../clients/until-answered.ts';
import { mapConcurrently } from '../map-concurrently.ts';
import type { Rows } from './rows.ts';
import { violations, type Violation } from './violation.ts';

const CONCURRENCY = 8;
const PAGE = 100;

/** Each buyer reads all their own data. Call it at quiescence. */
export async function readAsBuyers(buyers: readonly Buyer[]): Promise<Exchange[]> {
  const { listOrders, listTransactions, listNotifications, readBalance } = requests;
  const reads = await mapConcurrently([...buyers], CONCURRENCY, async ({ send }) => [
    await untilAnswered(() => send(listOrders(PAGE))),
    await untilAnswered(() => send(listTransactions(PAGE))),
    await untilAnswered(() => send(listNotifications())),
    await untilAnswered(() => send(readBalance())),
  ]);
  return reads.flat();
}

/** I13 at quiescence: each buyer reads exactly the rows that the databases hold. */
export function checkFinalReads(reads: readonly Exchange[], rows: Rows): Violation[] {
  return violations(
    'I13',
    reads.filter((read) => JSON.stringify(seenIn(read)) !== JSON.stringify(expectedIn(read, rows))),
    (read) =>
      `request ${read.seq}, ${read.request.operation}, returned ${read.response?.status}, but not the stored rows`,
  );
}

function seenIn({ request, response }: Exchange): unknown {
  if (response?.status !== 200) return undefined;
  if (request.operation === 'readBalance') return response.body.amount;
  return (response.body as Array<{ id: string | number; status?: string }>).map(({ id, status }) =>
    request.operation === 'listOrders' ? `${id} ${status}` : String(id),
  );
}

function expectedIn({ userId, request }: Exchange, { orders, movements, notifications, accounts }: Rows): unknown {
  const own = <Row extends { owner: string }>(rows: readonly Row[]): Row[] =>
    rows.filter(({ owner }) => owner === userId);
  switch (request.operation) {
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
