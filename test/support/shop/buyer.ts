import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { orderId } from '../../../specs/identity.ts';
import { eventually } from '../eventually.ts';
import {
  createContractClient,
  outcomeOf,
  retryWhileUnavailable,
  type Answer,
  type ContractClient,
} from '../requests/contract-client.ts';
import { cookieOf } from '../requests/requests.ts';
import { PASSWORD } from './auth.ts';

export interface OrderOptions {
  ifMatch?: number | string;
  key?: string;
  headers?: Record<string, string>;
}

export type Buyer = Awaited<ReturnType<typeof createBuyer>>;

/** Registers a buyer with a session, a profile and `balance`. */
export async function createBuyer(url: string, { balance = 0 } = {}) {
  const anonymous = createContractClient(url);
  const username = `buyer-${randomUUID()}`;
  const email = `${username}@example.org`;
  const credentials = { username, password: PASSWORD };
  await expectOutcome(['201', '409 username-taken'], () =>
    anonymous('register', 'POST', '/auth/register', { body: credentials }),
  );
  const login = await expectOutcome(['200'], () => anonymous('login', 'POST', '/auth/login', { body: credentials }));
  const { id } = login.body as { id: string };
  const cookie = cookieOf(login);
  const ask: ContractClient = (operationId, method, path, sent = {}) =>
    anonymous(operationId, method, path, { ...sent, headers: { cookie, ...sent.headers } });

  const buyer = {
    id,
    username,
    email,
    credentials,
    cookie,
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
    /** Resolves once the order is placed; `answer` is the pending response. */
    async placeOpenOrder(price: number, options: OrderOptions = {}): Promise<{ id: string; answer: Promise<Answer> }> {
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
    /** Requests a bearer token, as clients without cookies do. */
    token: async (): Promise<string> =>
      (await anonymous('token', 'POST', '/auth/token', { body: credentials })).body.access_token,
  };
  await expectOutcome(['201', '409 profile-exists'], () => buyer.createProfile());
  const firstKey = randomUUID();
  if (balance > 0) await expectOutcome(['201'], () => buyer.topUp(balance, firstKey));
  // The first request to orders has to open connections, so it is sent here and not by a test.
  await expectOutcome(['200'], () => buyer.orders());
  return buyer;
}

/** Accepts several outcomes, because a retry may find that the first attempt succeeded. */
async function expectOutcome(outcomes: readonly string[], ask: () => Promise<Answer>): Promise<Answer> {
  const answer = await retryWhileUnavailable(ask);
  assert.ok(outcomes.includes(outcomeOf(answer)), JSON.stringify(answer.body));
  return answer;
}
