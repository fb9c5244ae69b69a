import { randomBytes, randomUUID } from 'node:crypto';
import { Pool } from 'undici';
import type { Target } from './target.ts';

export interface Buyer {
  cookie: string;
  version: number;
}

export interface Responses {
  accepted: Set<string>;
  /** Number of other responses, by status. */
  refused: Map<number, number>;
}

const FUNDS = 1_000_000_000;

/** Registers a buyer, logs in, creates a profile and tops up. */
export async function createBuyer(url: string): Promise<Buyer> {
  const username = `bench-${randomBytes(6).toString('hex')}`;
  const credentials = { username, password: randomBytes(12).toString('base64url') };
  const send = async (method: string, path: string, body: object, headers: Record<string, string> = {}) => {
    const response = await fetch(url + path, {
      method,
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
    if (!response.ok) throw new Error(`${method} ${path} returned ${response.status} ${await response.text()}`);
    await response.arrayBuffer();
    return response.headers;
  };
  await send('POST', '/auth/register', credentials);
  const cookie = (await send('POST', '/auth/login', credentials)).get('set-cookie')!.split(';')[0]!;
  await send(
    'POST',
    '/api/v1/user',
    { username, firstName: 'Ada', lastName: 'Buyer', email: `${username}@example.com`, phone: '+15550100' },
    { cookie },
  );
  await send('PUT', '/payments/replenishments', { amount: FUNDS }, { cookie, 'idempotency-key': randomUUID() });
  return { cookie, version: 0 };
}

/** Places orders with the list's version and an idempotency key. Each client orders for several buyers of its own. */
export function createOrderTarget({
  url,
  buyers,
  responses,
  untilIdle,
}: {
  url: string;
  buyers: ReadonlyArray<readonly Buyer[]>;
  responses: Responses;
  untilIdle: () => Promise<void>;
}): Target {
  const pool = new Pool(url);
  let next = 0;
  return {
    async act(client) {
      const own = buyers[client]!;
      const buyer = own[next++ % own.length]!;
      const { statusCode, body } = await pool.request({
        method: 'POST',
        path: '/orders',
        headers: {
          'content-type': 'application/json',
          cookie: buyer.cookie,
          'if-match': String(buyer.version),
          'idempotency-key': randomUUID(),
        },
        body: '{"price":1}',
      });
      const response = (await body.json()) as { id: string; version: number };
      if (statusCode !== 201 && statusCode !== 202) {
        responses.refused.set(statusCode, (responses.refused.get(statusCode) ?? 0) + 1);
        return;
      }
      responses.accepted.add(response.id);
      buyer.version = response.version;
    },
    untilIdle,
    close: () => pool.close(),
  };
}
