import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { createBuyer, type Buyer } from '../buyers.ts';

/** How long each order took until the buyer had its answer, and what went wrong meanwhile. */
export interface Orders {
  ms: number[];
  errors: Record<string, number>;
}

const EVERY_MS = 1_000;
/** A buyer gives up after this time. The order then counts with it. */
const PATIENCE_MS = 30_000;
const REPEAT_MS = 250;

export type Shopper = Awaited<ReturnType<typeof createShopper>>;

/** A buyer who orders once a second, and repeats an order under its key until it is answered. */
export async function createShopper(url: string) {
  const buyer = await createBuyer(url);
  const pool = new Pool(url, { connections: 1, headersTimeout: PATIENCE_MS, connect: { timeout: PATIENCE_MS } });

  /** Returns how long the order took. */
  const orderOnce = async (errors: Orders['errors']): Promise<number> => {
    const startedMs = performance.now();
    const key = randomUUID();
    for (;;) {
      const failure = await request(pool, buyer, key).catch((error: NodeJS.ErrnoException) => error.code ?? error.name);
      const ms = performance.now() - startedMs;
      if (failure === undefined) return ms;
      errors[failure] = (errors[failure] ?? 0) + 1;
      if (ms > PATIENCE_MS) return ms;
      await sleep(REPEAT_MS);
    }
  };

  return {
    /** Orders `count` times, one order a second, or later if an order takes longer. */
    async order(count: number, signal: AbortSignal): Promise<Orders> {
      const orders: Orders = { ms: [], errors: {} };
      for (let n = 0; n < count; n++) {
        signal.throwIfAborted();
        const ms = await orderOnce(orders.errors);
        orders.ms.push(ms);
        await sleep(Math.max(0, EVERY_MS - ms), undefined, { signal });
      }
      return orders;
    },
    close: () => pool.destroy(),
  };
}

/** Returns undefined if the order is placed, otherwise the status of the response. */
async function request(pool: Pool, buyer: Buyer, key: string): Promise<string | undefined> {
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path: '/orders',
    headers: {
      'content-type': 'application/json',
      cookie: buyer.cookie,
      'if-match': String(buyer.version),
      'idempotency-key': key,
    },
    body: '{"price":1}',
  });
  const placed = (await body.json()) as { version: number };
  if (statusCode !== 201 && statusCode !== 202) return String(statusCode);
  buyer.version = placed.version;
  return undefined;
}
