import { randomUUID } from 'node:crypto';
import { ordersApi } from '../../../api/orders/app.ts';
import { createOrderStore, type OrderStore } from '../../../api/orders/store.ts';
import type { Saga } from '../../../api/orders/workflow.ts';
import { restDocument } from '../../../roles/contract.ts';
import type { FinalStatus, RequestedCause, SettledOrder, OrderReason } from '../../../specs/temporal.ts';
import { createDatabase } from '../postgres/database.ts';
import { asUser, trustingVerifier } from '../requests/callers.ts';
import { createContractClient, type Answer } from '../requests/contract-client.ts';
import { serveQuietly } from './service.ts';

/** Undefined if the outcome arrives too late. */
export type Ending = { status: FinalStatus; reason: OrderReason | null } | undefined;

export const paid: Ending = { status: 'SUCCESS', reason: null };
export const declined: Ending = { status: 'FAILED', reason: 'insufficient-funds' };

/** Undefined if the outcome arrives too late. */
export type Cancelling = 'cancelled' | 'declined before' | 'ended long ago' | undefined;

/** Starts the order service with fake workflows on its own database. */
export async function startOrders({ limits = { inFlightMax: 100, waitingMax: 100 } } = {}) {
  const database = await createDatabase('orders');
  const store = createOrderStore(database);
  let ending: Ending = paid;
  let cancelling: Cancelling = 'cancelled';
  const outcomeRequests: string[] = [];
  const restartedCancellations: string[] = [];
  const sagaOf = (orders: OrderStore): Saga => {
    const end = async (orderId: string) => {
      const settled = ending && (await orders.settle(orderId, ending.status, ending.reason));
      return settled && { orderId, status: settled.status as FinalStatus, reason: settled.reason };
    };
    const cancel = async (orderId: string, cause: RequestedCause): Promise<SettledOrder | undefined> => {
      if (cancelling === 'ended long ago') return { orderId, status: 'CANCELLED', reason: cause };
      if (cancelling === 'declined before') return { orderId, status: 'FAILED', reason: 'insufficient-funds' };
      const cancelled = cancelling && (await orders.cancel(orderId, cause));
      return cancelled && { orderId, status: cancelled.status as FinalStatus, reason: cancelled.reason };
    };
    return {
      awaitOutcome: ({ id }) => {
        outcomeRequests.push(id);
        return end(id);
      },
      start: async () => {},
      cancelAndWait: ({ id }, cause) => cancel(id, cause),
      startCancellation: async ({ id }, _cause, { again = false } = {}) =>
        void (again && restartedCancellations.push(id)),
      firstResult: async () => undefined,
    };
  };
  const serve = (of: OrderStore) =>
    serveQuietly('orders', [
      ordersApi({ store: of, saga: sagaOf(store), limits, document: restDocument, verify: trustingVerifier }),
    ]);
  const service = await serve(store);
  const ask = createContractClient(service.url);

  return {
    database,
    store,
    url: service.url,
    serve,
    ask,
    setOutcome(next: Ending) {
      ending = next;
    },
    setCancellationOutcome(next: Cancelling) {
      cancelling = next;
    },
    /** Orders whose outcome was requested from a workflow. */
    outcomeRequests,
    /** Orders whose cancellation workflow had ended and was started again. */
    restartedCancellations,
    place: (userId: string, headers: Record<string, string>, body: unknown = { price: 5 }): Promise<Answer> =>
      ask('createOrder', 'POST', '/orders', { headers: { ...asUser(userId), ...headers }, body }),
    list: (userId: string, query = ''): Promise<Answer> =>
      ask('listOrders', 'GET', `/orders${query}`, { headers: asUser(userId) }),
    read: (headers: Record<string, string>, id: string): Promise<Answer> =>
      ask('readOrder', 'GET', `/orders/${id}`, { headers }),
    follow: (headers: Record<string, string>, id: string): Promise<Answer> =>
      ask('orderEvents', 'GET', `/orders/${id}/events`, { headers }),
    cancel: (headers: Record<string, string>, id: string): Promise<Answer> =>
      ask('cancelOrder', 'PUT', `/orders/${id}/cancellation`, { headers }),
    async close() {
      await service.close();
      await store.close();
      await database.close();
    },
  };
}

export type Orders = Awaited<ReturnType<typeof startOrders>>;

export const newKey = () => ({ 'idempotency-key': randomUUID() });
