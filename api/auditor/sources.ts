import { cancelWorkflowId, orderWorkflowId, profileWorkflowId } from '../../specs/identity.ts';
import type { Row } from './auditor.ts';

interface PlacedOrder {
  id: string;
  createdAt: string;
}

interface ProfileChange {
  userId: string;
  version: number;
}

/** A row that is younger than this is still in the hands of the request that wrote it. */
const OLDER_THAN_MS = 5_000;
const PAGE = 100;

interface AgePage<Order> {
  olderThanMs: number;
  limit: number;
  after?: Order | undefined;
}

/** The orders in progress. One may be under way for hours while billing is silent, so all of them are looked at, page by page. */
export async function* ordersWithoutEnd<Order extends PlacedOrder>(
  orders: { inProgress(page: AgePage<Order>): Promise<Order[]> },
  start: (order: Order) => Promise<void>,
): AsyncIterable<Row> {
  for await (const order of paged((after?: Order) =>
    orders.inProgress({ olderThanMs: OLDER_THAN_MS, limit: PAGE, after }),
  )) {
    yield { workflowId: orderWorkflowId(order.id), start: () => start(order) };
  }
}

/** The orders that are to be taken back and have not been yet, all of them for the same reason. */
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

/** The changes of profiles that are not known to have been started. Each is marked once it is. */
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
