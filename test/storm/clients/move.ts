import type { Prng } from '../prng.ts';
import type { Buyer } from './buyer.ts';
import type { ApiRequest, Exchange } from './history.ts';

export type Move = (context: MoveContext) => Promise<unknown>;

export interface MoveContext {
  buyer: Buyer;
  others: readonly Buyer[];
  prng: Prng;
  /** The probability that a write is sent several times at once. */
  duplicates: number;
  /** The probability that the next move cancels the latest order. */
  cancellations: number;
  /** Sends a request past the gateway, with this buyer's token. */
  sendToService(request: ApiRequest, role: ServedRole): Promise<Exchange | undefined>;
  /** Sends a request past the gateway, without a token. */
  sendAnonymously(request: ApiRequest, role: ServedRole): Promise<Exchange>;
  /** Omit `userId` if the session may have ended; with it, a check would report a 401 as a violation. */
  sendInSession(cookie: string | undefined, request: ApiRequest, userId?: string): Promise<Exchange>;
  addBuyer(): Promise<void>;
}

export type ServedRole = 'orders' | 'billing' | 'notifications' | 'users';

const COPIES_MAX = 3;

/** Sends a write, sometimes several times at once, as impatient clients and proxies do. */
export async function sendWrite({ buyer, prng, duplicates }: MoveContext, request: ApiRequest): Promise<void> {
  const copies = prng.chance(duplicates) ? prng.between(2, COPIES_MAX) : 1;
  await Promise.all(Array.from({ length: copies }, () => buyer.send(request)));
}
