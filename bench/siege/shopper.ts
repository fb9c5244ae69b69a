import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { createBuyer } from '../buyers.ts';

/** Time until the buyer had the answer to each order, and the errors meanwhile. */
export interface Orders {
  ms: number[];
  errors: Record<string, number>;
}

const EVERY_MS = 1_000;
/** A buyer gives up after this time, which is then the time of the order. */
const PATIENCE_MS = 30_000;
const REPEAT_MS = 250;

export type Shopper = Awaited<ReturnType<typeof createShopper>>;

/** A buyer who orders once a second, and repeats an order under its key until it is answered. */
export async function createShopper(url: string) {
  const { cookie } = await createBuyer(url);
  const pool = new Pool(url, { connections: 1 });

  /** Returns how long the order took. */
  const orderOnce = async (errors: Orders['errors']): Promise<number> => {
    const startedMs = performance.now();
    const key = randomUUID();
    for (;;) {
      const patience = AbortSignal.timeout(Math.max(1, Math.ceil(PATIENCE_MS - (performance.now() - startedMs))));
      const failure = await request(pool, { cookie, key, signal: patience }).catch((error: NodeJS.ErrnoException) =>
        patience.aborted ? 'given up' : (error.code ?? error.name),
      );
      if (failure === undefined) return performance.now() - startedMs;
      errors[failure] = (errors[failure] ?? 0) + 1;
      if (patience.aborted) return performance.now() - startedMs;
      await sleep(REPEAT_MS);
    }
  };

  return {
    /**
     * Orders `count` times, one order a second, or later if an order takes longer. Stops early if it takes twice as long.
     */
    async order(count: number, signal: AbortSignal): Promise<Orders> {
      const orders: Orders = { ms: [], errors: {} };
      const startedMs = performance.now();
      for (let n = 0; n < count && performance.now() - startedMs < 2 * count * EVERY_MS; n++) {
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
async function request(
  pool: Pool,
  { cookie, key, signal }: { cookie: string; key: string; signal: AbortSignal },
): Promise<string | undefined> {
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path: '/orders',
    // Without `If-Match`: an order that the buyer gave up may be placed later, and would make the list version stale.
    headers: { 'content-type': 'application/json', cookie, 'idempotency-key': key },
    body: '{"price":1}',
    signal,
  });
  await body.dump();
  return statusCode === 201 || statusCode === 202 ? undefined : String(statusCode);
}
