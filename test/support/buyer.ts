import { randomUUID } from 'node:crypto';
import { createAsk, type Answer, type Ask } from './asking.ts';
import { PASSWORD } from './auth.ts';
import { cookieOf } from './requests.ts';

export interface OrderOptions {
  /** The list version that the buyer has read. */
  ifMatch?: number | string;
  key?: string;
  headers?: Record<string, string>;
}

export type Buyer = Awaited<ReturnType<typeof createBuyer>>;

/** Somebody who has registered, logged in, made a profile and put money on the account, and who checks every answer against the contract. */
export async function createBuyer(url: string, { balance = 0 } = {}) {
  const anybody = createAsk(url);
  const username = `buyer-${randomUUID()}`;
  const email = `${username}@example.org`;
  const credentials = { username, password: PASSWORD };
  const { id } = (await anybody('register', 'POST', '/auth/register', { body: credentials })).body as { id: string };
  const cookie = cookieOf(await anybody('login', 'POST', '/auth/login', { body: credentials }));
  const ask: Ask = (operationId, method, path, sent = {}) => anybody(operationId, method, path, { ...sent, headers: { cookie, ...sent.headers } });

  const buyer = {
    id,
    username,
    email,
    credentials,
    cookie,
    /** As this buyer. */
    ask,
    topUp: (amount: number, key: string = randomUUID()): Promise<Answer> =>
      ask('replenish', 'PUT', '/payments/replenishments', { headers: { 'idempotency-key': key }, body: { amount } }),
    order: (price: number, { ifMatch, key, headers = {} }: OrderOptions = {}): Promise<Answer> =>
      ask('createOrder', 'POST', '/orders', {
        headers: { ...(ifMatch !== undefined && { 'if-match': String(ifMatch) }), ...(key && { 'idempotency-key': key }), ...headers },
        body: { price },
      }),
    readOrder: (orderId: string): Promise<Answer> => ask('readOrder', 'GET', `/orders/${orderId}`),
    orders: (query = ''): Promise<Answer> => ask('listOrders', 'GET', `/orders${query}`),
    ledger: (query = ''): Promise<Answer> => ask('listTransactions', 'GET', `/payments/transactions${query}`),
    notifications: (): Promise<Answer> => ask('listNotifications', 'GET', '/notifications?limit=100'),
    balance: async (): Promise<number> => (await ask('readBalance', 'GET', '/payments')).body.amount,
    /** A token for clients without cookies. */
    token: async (): Promise<string> => (await anybody('token', 'POST', '/auth/token', { body: credentials })).body.access_token,
  };
  await ask('createProfile', 'POST', '/api/v1/user', { body: { username, firstName: 'Ada', lastName: 'Lovelace', email, phone: '+44 20 7946 0958' } });
  if (balance > 0) await buyer.topUp(balance);
  return buyer;
}
