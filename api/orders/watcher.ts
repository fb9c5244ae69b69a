import { setTimeout as sleep } from 'node:timers/promises';
import type { Order, OrderStore } from './store.ts';

const LOOK_EVERY_MS = 200;

export interface Watcher {
  /** The order once it is no longer in progress, nor what it is here; undefined when the signal comes first. */
  next(order: Order, signal: AbortSignal): Promise<Order | undefined>;
}

interface Wait {
  from: Order['status'];
  resolve(order: Order | undefined): void;
}

/** Lets any number of requests wait for orders with one query at a time for all of them. Nothing is asked while nobody waits. */
export function createWatcher(store: Pick<OrderStore, 'settledAmong'>, everyMs = LOOK_EVERY_MS): Watcher {
  const waits = new Map<string, Set<Wait>>();
  let looking = false;

  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    while (waits.size > 0) {
      // A database that is away is asked again: who waits is told by the end of the wait.
      const orders = await store.settledAmong([...waits.keys()]).catch((): Order[] => []);
      for (const order of orders) {
        for (const wait of waits.get(order.id) ?? []) if (wait.from !== order.status) wait.resolve(order);
      }
      if (waits.size > 0) await sleep(everyMs);
    }
    looking = false;
  };

  return {
    async next(order, signal) {
      if (signal.aborted) return undefined;
      const { promise, resolve } = Promise.withResolvers<Order | undefined>();
      const wait: Wait = { from: order.status, resolve };
      const over = () => resolve(undefined);
      signal.addEventListener('abort', over, { once: true });
      waits.set(order.id, (waits.get(order.id) ?? new Set()).add(wait));
      void look();
      try {
        return await promise;
      } finally {
        signal.removeEventListener('abort', over);
        const left = waits.get(order.id);
        left?.delete(wait);
        if (left?.size === 0) waits.delete(order.id);
      }
    },
  };
}
