import { profileWorkflowId, orderWorkflowId, cancelWorkflowId } from '../../specs/temporal.ts';
import type { Row } from './reconciler.ts';

interface PlacedOrder {
  id: string;
}

interface ProfileChange {
  userId: string;
  version: number;
}

/** Younger rows are left to the request that wrote them, which starts their workflow itself. */
const OLDER_THAN_MS = 5_000;
const PAGE = 100;

interface AgePage<Order> {
  olderThanMs: number;
  limit: number;
  after?: Order | undefined;
}

/** Reads all pages: while billing is down, orders that already have a workflow may fill the first pages for hours. */
export async function* ordersInProgress<Order extends PlacedOrder>(
  orders: { inProgress(page: AgePage<Order>): Promise<Order[]> },
  start: (order: Order) => Promise<void>,
): AsyncIterable<Row> {
  for await (const order of paged((after?: Order) =>
    orders.inProgress({ olderThanMs: OLDER_THAN_MS, limit: PAGE, after }),
  )) {
    yield { workflowId: orderWorkflowId(order.id), start: () => start(order) };
  }
}

/** Orders whose cancellation was requested and has not finished. Reads all pages, for the same reason. */
export async function* unfinishedCancellations<Order extends PlacedOrder>(
  orders: { cancelling(page: AgePage<Order>): Promise<Order[]> },
  start: (order: Order) => Promise<void>,
): AsyncIterable<Row> {
  for await (const order of paged((after?: Order) =>
    orders.cancelling({ olderThanMs: OLDER_THAN_MS, limit: PAGE, after }),
  )) {
    yield { workflowId: cancelWorkflowId(order.id), start: () => start(order) };
  }
}

async function* paged<Found>(read: (after?: Found) => Promise<Found[]>): AsyncIterable<Found> {
  for (let after: Found | undefined, full = true; full;) {
    const page = await read(after);
    yield* page;
    after = page.at(-1);
    full = page.length === PAGE;
  }
}

/**
 * Reads all pages. A change is deleted once its workflow exists, so the changes that stay from earlier pages are those
 * that failed: the next page begins after them.
 */
export async function* unstartedChanges<Change extends ProfileChange>(
  users: {
    unstartedChanges(olderThanMs: number, limit: number, skip: number): Promise<Change[]>;
    markStarted(change: Change): Promise<void>;
  },
  start: (change: Change) => Promise<void>,
): AsyncIterable<Row> {
  let skip = 0;
  for (let full = true; full;) {
    const changes = await users.unstartedChanges(OLDER_THAN_MS, PAGE, skip);
    for (const change of changes) {
      skip++;
      const mark = async () => {
        await users.markStarted(change);
        skip--;
      };
      yield { workflowId: profileWorkflowId(change.userId, change.version), start: () => start(change), mark };
    }
    full = changes.length === PAGE;
  }
}
