import { randomUUID } from 'node:crypto';
import { billingApi } from '../../../api/billing/app.ts';
import { createBillingStore, type BillingStore } from '../../../api/billing/store.ts';
import { restDocument } from '../../../roles/contract.ts';
import { createDatabase, type TestDatabaseOptions } from '../postgres/database.ts';
import { asService, asUser, trustingVerifier } from '../requests/callers.ts';
import { createContractClient, type Answer, type Sent } from '../requests/contract-client.ts';
import { serveQuietly } from './service.ts';

export const worker = asService('worker');

/** Starts billing on its own database. */
export async function startPayments(options?: TestDatabaseOptions) {
  const database = await createDatabase('billing', options);
  const store = createBillingStore(database);
  const serve = (of: BillingStore) =>
    serveQuietly('billing', [billingApi({ store: of, document: restDocument, verify: trustingVerifier })]);
  const service = await serve(store);
  const ask = createContractClient(service.url);
  const put = (operationId: string, path: string, sent: Sent) => ask(operationId, 'PUT', path, sent);

  return {
    database,
    serve,
    ask,
    replenish: (headers: Record<string, string>, body: unknown): Promise<Answer> =>
      put('replenish', '/payments/replenishments', { headers, body }),
    withdraw: (headers: Record<string, string>, body: unknown): Promise<Answer> =>
      put('withdraw', '/payments/withdrawals', { headers, body }),
    cancel: (headers: Record<string, string>, key: string, body: unknown): Promise<Answer> =>
      put('cancelWithdrawal', `/payments/withdrawals/${key}/cancellation`, { headers, body }),
    open: (headers: Record<string, string>, userId: string): Promise<Answer> =>
      put('openAccount', `/payments/accounts/${userId}`, { headers }),
    balance: (userId: string): Promise<Answer> => ask('readBalance', 'GET', '/payments', { headers: asUser(userId) }),
    ledger: (userId: string, query = ''): Promise<Answer> =>
      ask('listTransactions', 'GET', `/payments/transactions${query}`, { headers: asUser(userId) }),
    async buyerWith(amount: number): Promise<string> {
      const buyer = randomUUID();
      await store.replenish({ ownerId: buyer, scope: 'client', kind: 'replenishment', key: randomUUID(), amount });
      return buyer;
    },
    async close() {
      await service.close();
      await store.close();
      await database.close();
    },
  };
}

export type Payments = Awaited<ReturnType<typeof startPayments>>;

export const under = (key: string) => ({ 'idempotency-key': key });
