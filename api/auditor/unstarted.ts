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

/** Reads one page. Each change is marked once its workflow exists, so the next run finds the changes after it. */
export async function* unstartedChanges<Change extends ProfileChange>(
  users: {
    unstartedChanges(olderThanMs: number, limit: number): Promise<Change[]>;
    markStarted(change: Change): Promise<void>;
  },
  start: (change: Change) => Promise<void>,
): AsyncIterable<Row> {
  const changes = await users.unstartedChanges(OLDER_THAN_MS, PAGE);
  yield* changes.map((change) => ({
    workflowId: profileWorkflowId(change.userId, change.version),
    start: () => start(change),
    mark: () => users.markStarted(change),
  }));
}
