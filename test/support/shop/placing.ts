import { after } from 'node:test';
import type { OrderRequest, Placed } from '../../../api/orders/order.ts';
import { createOrderStore } from '../../../api/orders/store.ts';
import { orderId } from '../../../specs/identity.ts';
import { createDatabase } from '../postgres/database.ts';

export type RequestOptions = Partial<Pick<OrderRequest, 'ifMatch' | 'key' | 'fingerprint'>>;

/** The orders database of the importing test file. */
export const database = await createDatabase('orders');
export const store = createOrderStore(database);
after(async () => {
  await store.close();
  await database.close();
});

/** Returns a function that makes requests of this buyer. */
export function requestOf(ownerId: string) {
  return ({ ifMatch, key, fingerprint = 'five' }: RequestOptions): OrderRequest => {
    return { id: orderId(ownerId, key), ownerId, price: 5, ifMatch, key, fingerprint, correlationId: 'test' };
  };
}

/** For example `placed 2` or `stale at 2`. */
export function resultOf(placed: Placed): string {
  if (placed.kind === 'stale') return `stale at ${placed.latestVersion}`;
  return 'order' in placed ? `${placed.kind} ${placed.order.version}` : placed.kind;
}

export function fifty<T>(make: (n: number) => T): T[] {
  return Array.from({ length: 50 }, (_each, n) => make(n));
}
