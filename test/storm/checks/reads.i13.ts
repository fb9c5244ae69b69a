import type { Exchange } from '../clients/history.ts';
import { orderIdOf, verdictOf, versionOf } from '../clients/verdict.ts';
import { idIn } from './privacy.i22-i23.ts';
import type { Rows, OrderRow } from './rows.ts';
import type { Violation } from './violation.ts';

/** I13: a read sees every write acknowledged before the read started, and nothing that was never written. */
export function checkReads(exchanges: readonly Exchange[], { orders }: Pick<Rows, 'orders'>): Violation[] {
  const rows = new Map(orders.map((order) => [order.id, order]));
  return [...Map.groupBy(exchanges, ({ userId }) => userId).values()].flatMap((own) => {
    const ordered = own.filter((each) => each.request.operation === 'createOrder' && verdictOf(each) === 'applied');
    const moved = own.filter(
      ({ request, response }) => ['replenish', 'withdraw'].includes(request.operation) && response?.status === 201,
    );
    const cancelled = own.filter(
      ({ request, response }) => request.operation === 'cancelOrder' && response?.status === 200,
    );
    return own.flatMap((read) => {
      const before = (writes: readonly Exchange[]) => writes.filter(({ endedMs }) => endedMs < read.startedMs);
      switch (read.request.operation) {
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
  const id = idIn(read.request.path);
  const response = read.response;
  if (response?.status === 404 && ordered.some((each) => orderIdOf(each) === id))
    return broken(read, `did not see the order ${id}`);
  if (response?.status !== 200) return [];
  const wasCancelled = cancelled.some((each) => orderIdOf(each) === id);
  const isFinal = ordered.some((each) => orderIdOf(each) === id && each.response!.status !== 202);
  if (isFinal && response.body.status === 'IN_PROGRESS')
    return broken(read, `did not see that the order ${id} is final`);
  if (wasCancelled && response.body.status !== 'CANCELLED')
    return broken(read, `did not see that the order ${id} was cancelled`);
  return isAsWritten(response.body, rows) ? [] : broken(read, `saw the order ${id} in a state it never had`);
}

const COMPLETE_STREAM = /^(IN_PROGRESS,)?(SUCCESS|FAILED|CANCELLED)$|^IN_PROGRESS,SUCCESS,CANCELLED$/;

/** The first event of a stream is a read of the order; a stream ends only once the order is final. */
function eventsRead(
  read: Exchange,
  ordered: readonly Exchange[],
  cancelled: readonly Exchange[],
  rows: ReadonlyMap<string, OrderRow>,
): Violation[] {
  if (read.response?.status !== 200) return orderRead(read, ordered, cancelled, rows);
  const events: readonly OrderRow[] = read.response.body;
  const first = { ...read, response: { ...read.response, body: events[0] ?? {} } };
  const statuses = events.map(({ status }) => status);
  return [
    ...orderRead(first, ordered, cancelled, rows),
    ...(COMPLETE_STREAM.test(statuses.join())
      ? []
      : broken(read, `saw the stream end after the statuses ${statuses.join(', ')}`)),
    ...(events.every((each) => isAsWritten(each, rows)) ? [] : broken(read, 'saw an order in a state it never had')),
  ];
}

function listRead(read: Exchange, ordered: readonly Exchange[], rows: ReadonlyMap<string, OrderRow>): Violation[] {
  const { response } = read;
  if (response?.status !== 200) return [];
  const listed = response.body as OrderRow[];
  const versions = listed.map(({ version }) => version);
  const newest = versions[0] ?? 0;
  const written = Math.max(0, ...ordered.map((each) => rows.get(orderIdOf(each)!)?.version ?? 0));
  const isComplete =
    versions.length === Math.min(newest, limitOf(read)) && versions.every((version, n) => version === newest - n);
  return [
    ...(written > Math.min(newest, versionOf(response.headers['etag'])!)
      ? broken(read, `saw version ${newest} of a list that was at ${written}`)
      : []),
    ...(isComplete ? [] : broken(read, 'saw a list with gaps')),
    ...(listed.every((each) => isAsWritten(each, rows)) ? [] : broken(read, 'saw an order in a state it never had')),
  ];
}

function ledgerRead(read: Exchange, moved: readonly Exchange[]): Violation[] {
  const { response } = read;
  if (response?.status !== 200) return [];
  const ids = (response.body as Array<{ id: number }>).map(({ id }) => id);
  const oldest = ids.length < limitOf(read) ? 0 : Math.min(...ids);
  const missed = moved
    .map(({ response: made }) => made!.body.transactionId as number)
    .filter((id) => id >= oldest && !ids.includes(id));
  return missed.length === 0 ? [] : broken(read, `did not see the movements ${missed.join(', ')}`);
}

const limitOf = ({ request }: Exchange): number => Number(new URLSearchParams(request.path.split('?')[1]).get('limit'));

/** An order has had at most three statuses: IN_PROGRESS, its first final one and its current one. */
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
