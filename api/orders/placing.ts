import type { Bounds } from './bounds.ts';
import type { Order, OrderRequest } from './order.ts';
import type { OrderStore } from './store.ts';
import type { Saga } from './workflow.ts';

/** Why an order that was placed did not succeed. */
type Refusal = 'insufficient-funds' | 'order-cancelled' | 'order-failed';

/**
 * What became of a request for an order. `replayed` means that an earlier request under the same key placed it. The
 * order's first final status decides between `created` and `refused`. `order` shows the current status, which may have
 * become CANCELLED since.
 */
export type Placing =
  | { kind: 'created'; order: Order; replayed: boolean }
  | { kind: 'refused'; order: Order; replayed: boolean; refusal: Refusal }
  /** The outcome is not known by the answer deadline. The order continues. */
  | { kind: 'open'; order: Order; replayed: boolean }
  | { kind: 'stale'; latestVersion: number }
  | { kind: 'key-reused' }
  /** Nothing was placed; the same request may be sent again. */
  | { kind: 'busy'; reason: 'in-flight' | 'waiting' | 'contended' };

export type Place = (request: OrderRequest) => Promise<Placing>;

/** Places orders. Knows nothing of HTTP. */
export const createPlacing =
  ({ store, saga, bounds }: { store: OrderStore; saga: Saga; bounds: Bounds }): Place =>
  async (request) => {
    const placing = await bounds.within(async (): Promise<Placing> => {
      // A repeated request adds no load, so it is let in even when there is no room.
      if (!(await bounds.hasRoom()) && !(await store.findEarlier(request))) return { kind: 'busy', reason: 'waiting' };

      // The insert decides which of several concurrent requests gets the version and the key, before anything else
      // starts.
      const placed = await store.place(request);
      if (placed.kind === 'stale') return placed;
      if (placed.kind === 'contended') return { kind: 'busy', reason: 'contended' };
      if (placed.kind === 'found' && placed.fingerprint !== request.fingerprint) return { kind: 'key-reused' };

      // From here on a failure delays the answer but never loses the order.
      return outcomeOf(await withOutcome(placed.order, { store, saga }), placed.kind === 'found');
    });
    return placing ?? { kind: 'busy', reason: 'in-flight' };
  };

/** Adds the outcome if it is known by the answer deadline. */
async function withOutcome(placed: Order, { store, saga }: { store: OrderStore; saga: Saga }): Promise<Order> {
  if (placed.status !== 'IN_PROGRESS') return placed;
  const settled = await saga.awaitOutcome(placed);
  if (settled) return { ...placed, status: settled.status, firstStatus: settled.status, reason: settled.reason };
  return (await store.find(placed.id).catch(() => undefined)) ?? placed;
}

function outcomeOf(order: Order, replayed: boolean): Placing {
  if (order.status === 'IN_PROGRESS') return { kind: 'open', order, replayed };
  if ((order.firstStatus ?? order.status) === 'SUCCESS') return { kind: 'created', order, replayed };
  return { kind: 'refused', order, replayed, refusal: refusalOf(order) };
}

function refusalOf({ status, reason }: Order): Refusal {
  if (status === 'CANCELLED') return 'order-cancelled';
  return reason === 'insufficient-funds' ? 'insufficient-funds' : 'order-failed';
}
