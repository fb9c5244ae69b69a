import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { orderId } from '../../specs/identity.ts';
import { answered, createAsk, outcomeOf, type Answer, type Ask } from './asking.ts';
import { PASSWORD } from './auth.ts';
import { eventually } from './eventually.ts';
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
  await certain(['201', '409 username-taken'], () =>
    anybody('register', 'POST', '/auth/register', { body: credentials }),
  );
  const login = await certain(['200'], () => anybody('login', 'POST', '/auth/login', { body: credentials }));
  const { id } = login.body as { id: string };
  const cookie = cookieOf(login);
  const ask: Ask = (operationId, method, path, sent = {}) =>
    anybody(operationId, method, path, { ...sent, headers: { cookie, ...sent.headers } });

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
        headers: {
          ...(ifMatch !== undefined && { 'if-match': String(ifMatch) }),
          ...(key && { 'idempotency-key': key }),
          ...headers,
        },
        body: { price },
      }),
    /** Places an order that will not end soon: answers once it is under way, with what its buyer goes on waiting for. */
    async begin(price: number, options: OrderOptions = {}): Promise<{ id: string; answer: Promise<Answer> }> {
      const key = options.key ?? randomUUID();
      const answer = buyer.order(price, { ...options, key });
      answer.catch(() => {});
      await eventually(async () => assert.equal((await buyer.readOrder(orderId(id, key))).status, 200));
      return { id: orderId(id, key), answer };
    },
    readOrder: (id: string): Promise<Answer> => ask('readOrder', 'GET', `/orders/${id}`),
    orders: (query = ''): Promise<Answer> => ask('listOrders', 'GET', `/orders${query}`),
    ledger: (query = ''): Promise<Answer> => ask('listTransactions', 'GET', `/payments/transactions${query}`),
    notifications: (): Promise<Answer> => ask('listNotifications', 'GET', '/notifications?limit=100'),
    balance: async (): Promise<number> => (await ask('readBalance', 'GET', '/payments')).body.amount,
    createProfile: (headers: Record<string, string> = {}): Promise<Answer> =>
      ask('createProfile', 'POST', '/api/v1/user', {
        headers,
        body: { username, firstName: 'Ada', lastName: 'Lovelace', email, phone: '+44 20 7946 0958' },
      }),
    /** A token for clients without cookies. */
    token: async (): Promise<string> =>
      (await anybody('token', 'POST', '/auth/token', { body: credentials })).body.access_token,
  };
  await certain(['201', '409 profile-exists'], () => buyer.createProfile());
  const firstKey = randomUUID();
  if (balance > 0) await certain(['201'], () => buyer.topUp(balance, firstKey));
  // Whom nobody has asked yet has its connections to open first.
  await certain(['200'], () => buyer.orders());
  return buyer;
}

/** Does what has to be done before a test begins. Sent again after it was turned away, it may turn out to have been done. */
async function certain(outcomes: readonly string[], ask: () => Promise<Answer>): Promise<Answer> {
  const answer = await answered(ask);
  assert.ok(outcomes.includes(outcomeOf(answer)), JSON.stringify(answer.body));
  return answer;
}
