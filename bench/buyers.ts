import { randomBytes, randomUUID } from 'node:crypto';
import { Pool } from 'undici';
import type { Target } from './target.ts';

/** Somebody with a session and enough money. */
export interface Buyer {
  cookie: string;
  version: number;
}

/** What the app has promised. */
export interface Ledger {
  accepted: Set<string>;
  /** How often anything but an accepted order was answered, by status. */
  refused: Map<number, number>;
}

const FUNDS = 1_000_000_000;

/** Registers a buyer, logs them in, makes their profile and fills their account. */
export async function createBuyer(url: string): Promise<Buyer> {
  const username = `bench-${randomBytes(6).toString('hex')}`;
  const credentials = { username, password: randomBytes(12).toString('base64url') };
  const send = async (method: string, path: string, body: object, headers: Record<string, string> = {}) => {
    const response = await fetch(url + path, {
      method,
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status} ${await response.text()}`);
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

/** The app: each client orders as one buyer after the other, the way a shop would, with a list version and a key. */
export function createOrderTarget({
  url,
  buyers,
  ledger,
  rest,
}: {
  url: string;
  buyers: ReadonlyArray<readonly Buyer[]>;
  ledger: Ledger;
  rest: () => Promise<void>;
}): Target {
  const pool = new Pool(url);
  let turn = 0;
  return {
    async act(client) {
      const own = buyers[client]!;
      const buyer = own[turn++ % own.length]!;
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
      const answer = (await body.json()) as { id: string; version: number };
      if (statusCode !== 201 && statusCode !== 202) {
        ledger.refused.set(statusCode, (ledger.refused.get(statusCode) ?? 0) + 1);
        return;
      }
      ledger.accepted.add(answer.id);
      buyer.version = answer.version;
    },
    rest,
    close: () => pool.close(),
  };
}
