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

/** The orders in progress. One may be under way for hours while billing is silent, so all of them are looked at, page by page. */
export async function* ordersWithoutEnd<Order extends PlacedOrder>(
  orders: { inProgress(page: { olderThanMs: number; limit: number; after?: Order | undefined }): Promise<Order[]> },
  start: (order: Order) => Promise<void>,
): AsyncIterable<Row> {
  for (let after: Order | undefined, full = true; full;) {
    const page = await orders.inProgress({ olderThanMs: OLDER_THAN_MS, limit: PAGE, after });
    yield* page.map((order) => ({ workflowId: orderWorkflowId(order.id), start: () => start(order) }));
    after = page.at(-1);
    full = page.length === PAGE;
  }
}

/** The orders that are to be taken back and have not been yet. */
export async function* unfinishedCancellations<Order extends PlacedOrder, Cause>(
  orders: { cancelling(page: { olderThanMs: number; limit: number }): Promise<Array<{ order: Order; cause: Cause }>> },
  start: (order: Order, cause: Cause) => Promise<void>,
): AsyncIterable<Row> {
  const asked = await orders.cancelling({ olderThanMs: OLDER_THAN_MS, limit: PAGE });
  yield* asked.map(({ order, cause }) => ({ workflowId: cancelWorkflowId(order.id), start: () => start(order, cause) }));
}

/** The changes of profiles that are not known to have been started. Each is marked once it is. */
export async function* unstartedChanges<Change extends ProfileChange>(
  users: { unstartedChanges(olderThanMs: number, limit: number): Promise<Change[]>; markStarted(change: Change): Promise<void> },
  start: (change: Change) => Promise<void>,
): AsyncIterable<Row> {
  const changes = await users.unstartedChanges(OLDER_THAN_MS, PAGE);
  yield* changes.map((change) => ({
    workflowId: profileWorkflowId(change.userId, change.version),
    start: () => start(change),
    mark: () => users.markStarted(change),
  }));
}
