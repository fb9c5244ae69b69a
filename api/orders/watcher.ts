import { setTimeout as sleep } from 'node:timers/promises';
import type { Order } from './order.ts';
import type { OrderStore } from './store.ts';

const POLL_EVERY_MS = 200;

export interface Watcher {
  /** Resolves once the status is final and differs from `order.status`; undefined if the signal aborts first. */
  next(order: Order, signal: AbortSignal): Promise<Order | undefined>;
}

interface Wait {
  from: Order['status'];
  resolve(order: Order | undefined): void;
}

/** Polls with one query for all waiting requests, and not at all while there are none. */
export function createWatcher(store: Pick<OrderStore, 'settledAmong'>, everyMs = POLL_EVERY_MS): Watcher {
  const waits = new Map<string, Set<Wait>>();
  let polling = false;

  const poll = async (): Promise<void> => {
    if (polling) return;
    polling = true;
    while (waits.size > 0) {
      // If the database is down, the next poll tries again.
      const orders = await store.settledAmong([...waits.keys()]).catch((): Order[] => []);
      for (const order of orders) {
        for (const wait of waits.get(order.id) ?? []) if (wait.from !== order.status) wait.resolve(order);
      }
      if (waits.size > 0) await sleep(everyMs);
    }
    polling = false;
  };

  return {
    async next(order, signal) {
      if (signal.aborted) return undefined;
      const { promise, resolve } = Promise.withResolvers<Order | undefined>();
      const wait: Wait = { from: order.status, resolve };
      const stop = () => resolve(undefined);
      signal.addEventListener('abort', stop, { once: true });
      waits.set(order.id, (waits.get(order.id) ?? new Set()).add(wait));
      void poll();
      try {
        return await promise;
      } finally {
        signal.removeEventListener('abort', stop);
        const remaining = waits.get(order.id);
        remaining?.delete(wait);
        if (remaining?.size === 0) waits.delete(order.id);
      }
    },
  };
}
