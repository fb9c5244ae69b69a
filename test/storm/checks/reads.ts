import type { Exchange } from '../clients/history.ts';
import { orderIdOf, verdictOf, versionOf } from '../clients/verdict.ts';
import { idIn } from './strangers.ts';
import type { Books, OrderRow } from './books.ts';
import type { Violation } from './violation.ts';

/** Whether a read saw every write that was acknowledged before it began, and nothing that was never written. */
export function brokenReads(exchanges: readonly Exchange[], books: Pick<Books, 'orders'>): Violation[] {
  const rows = new Map(books.orders.map((order) => [order.id, order]));
  return [...Map.groupBy(exchanges, ({ as }) => as).values()].flatMap((own) => {
    const ordered = own.filter((each) => each.asked.operation === 'createOrder' && verdictOf(each) === 'taken');
    const moved = own.filter(
      ({ asked, answer }) => ['replenish', 'withdraw'].includes(asked.operation) && answer?.status === 201,
    );
    const cancelled = own.filter(({ asked, answer }) => asked.operation === 'cancelOrder' && answer?.status === 200);
    return own.flatMap((read) => {
      const before = (writes: readonly Exchange[]) => writes.filter(({ endedMs }) => endedMs < read.beganMs);
      switch (read.asked.operation) {
        case 'readOrder':
          return orderRead(read, before(ordered), before(cancelled), rows);
        case 'orderEvents':
          return eventsRead(read, before(ordered), before(cancelled), rows);
        case 'listOrders':
          return listRead(read, before(ordered), rows);
        case 'listTransactions':
          return ledgerRead(read, before(moved));
        default:
          return [];
      }
    });
  });
}

function orderRead(
  read: Exchange,
  ordered: readonly Exchange[],
  cancelled: readonly Exchange[],
  rows: ReadonlyMap<string, OrderRow>,
): Violation[] {
  const id = idIn(read.asked.path);
  const answer = read.answer;
  if (answer?.status === 404 && ordered.some((each) => orderIdOf(each) === id))
    return broken(read, `has not seen the order ${id}`);
  if (answer?.status !== 200) return [];
  const wasCancelled = cancelled.some((each) => orderIdOf(each) === id);
  const hasEnded = ordered.some((each) => orderIdOf(each) === id && each.answer!.status !== 202);
  if (hasEnded && answer.body.status === 'IN_PROGRESS')
    return broken(read, `has not seen that the order ${id} has ended`);
  if (wasCancelled && answer.body.status !== 'CANCELLED')
    return broken(read, `has not seen that the order ${id} was cancelled`);
  return isAsWritten(answer.body, rows) ? [] : broken(read, `has seen the order ${id} as it never was`);
}

const TO_ITS_END = /^(IN_PROGRESS,)?(SUCCESS|FAILED|CANCELLED)$|^IN_PROGRESS,SUCCESS,CANCELLED$/;

/** A stream tells where the order stands as a read does, and if it comes to its end, that is because the order has. */
function eventsRead(
  read: Exchange,
  ordered: readonly Exchange[],
  cancelled: readonly Exchange[],
  rows: ReadonlyMap<string, OrderRow>,
): Violation[] {
  if (read.answer?.status !== 200) return orderRead(read, ordered, cancelled, rows);
  const told: readonly OrderRow[] = read.answer.body;
  const first = { ...read, answer: { ...read.answer, body: told[0] ?? {} } };
  const path = told.map(({ status }) => status);
  return [
    ...orderRead(first, ordered, cancelled, rows),
    ...(TO_ITS_END.test(path.join()) ? [] : broken(read, `has seen the order go ${path.join(', ')}, and no more`)),
    ...(told.every((each) => isAsWritten(each, rows)) ? [] : broken(read, 'was told of an order as it never was')),
  ];
}

function listRead(read: Exchange, ordered: readonly Exchange[], rows: ReadonlyMap<string, OrderRow>): Violation[] {
  const { answer } = read;
  if (answer?.status !== 200) return [];
  const listed = answer.body as OrderRow[];
  const versions = listed.map(({ version }) => version);
  const newest = versions[0] ?? 0;
  const written = Math.max(0, ...ordered.map((each) => rows.get(orderIdOf(each)!)?.version ?? 0));
  const isWhole =
    versions.length === Math.min(newest, limitOf(read)) && versions.every((version, n) => version === newest - n);
  return [
    ...(written > Math.min(newest, versionOf(answer.headers['etag'])!)
      ? broken(read, `has seen version ${newest} of a list that was at ${written}`)
      : []),
    ...(isWhole ? [] : broken(read, 'has seen a list with gaps')),
    ...(listed.every((each) => isAsWritten(each, rows)) ? [] : broken(read, 'has seen an order as it never was')),
  ];
}

function ledgerRead(read: Exchange, moved: readonly Exchange[]): Violation[] {
  const { answer } = read;
  if (answer?.status !== 200) return [];
  const ids = (answer.body as Array<{ id: number }>).map(({ id }) => id);
  const oldest = ids.length < limitOf(read) ? 0 : Math.min(...ids);
  const missed = moved
    .map(({ answer: made }) => made!.body.transactionId as number)
    .filter((id) => id >= oldest && !ids.includes(id));
  return missed.length === 0 ? [] : broken(read, `has not seen the movements ${missed.join(', ')}`);
}

const limitOf = ({ asked }: Exchange): number => Number(new URLSearchParams(asked.path.split('?')[1]).get('limit'));

/** An order that is not in progress has become what it is now, or what it first became. */
function isAsWritten(
  { id, price, version, status }: Pick<OrderRow, 'id' | 'price' | 'version' | 'status'>,
  rows: ReadonlyMap<string, OrderRow>,
): boolean {
  const row = rows.get(id);
  return (
    row !== undefined &&
    row.price === price &&
    row.version === version &&
    ['IN_PROGRESS', row.firstStatus, row.status].includes(status)
  );
}

const broken = ({ seq }: Exchange, what: string): Violation[] => [{ invariant: 'I13', what: `request ${seq} ${what}` }];
