import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpClient, Reply } from '../../../lib/http/client.ts';

export type EarlyAnswer = number | Pick<Reply, 'status' | 'body'>;

export interface BillingOptions {
  balance: number;
  key: string;
  price: number;
  /** If set, charges get no answer; `takesEffect` says whether the money is taken anyway. */
  silentCharge?: { takesEffect: boolean } | undefined;
  /** Answers to return before the real ones. */
  answersFirst?: readonly EarlyAnswer[] | undefined;
  /** Upper bound of the random delay before and after each effect. */
  maxDelayMs?: number | undefined;
}

/** An in-memory billing with the real rules, for one key. */
export function createBilling({
  balance,
  key,
  price,
  silentCharge,
  answersFirst = [],
  maxDelayMs = 0,
}: BillingOptions) {
  const account = {
    balance,
    charges: 0,
    chargeRequests: 0,
    outcome: undefined as { outcome: string; cause?: string } | undefined,
  };
  /** Buyers whose account was charged or refunded, in order of the requests. */
  const owners: string[] = [];
  const early = [...answersFirst];
  let silent = silentCharge;

  const withdraw = (requestedKey: string, amount: number): Reply => {
    if (requestedKey !== key) throw new Error("The charge key is not the order's");
    if (amount !== price) return reply(422, { type: '/problems/key-reused' });
    if (!account.outcome) {
      const enough = account.balance >= price;
      if (enough) account.balance -= price;
      if (enough) account.charges++;
      account.outcome = { outcome: enough ? 'CHARGED' : 'DECLINED' };
    }
    const { outcome, cause } = account.outcome;
    if (outcome === 'CHARGED') return reply(201, { transactionId: 1, amount: price, balance: account.balance });
    return reply(
      409,
      outcome === 'DECLINED' ? { type: '/problems/insufficient-funds' } : { type: '/problems/charge-cancelled', cause },
    );
  };

  const cancel = (cause: string): Reply => {
    if (account.outcome?.outcome === 'CHARGED') {
      account.balance += price;
      account.outcome = { outcome: 'REFUNDED', cause };
    }
    account.outcome ??= { outcome: 'CANCELLED', cause };
    return reply(200, account.outcome);
  };

  const charge = (requestedKey: string, amount: number): Reply => {
    account.chargeRequests++;
    const first = early.shift();
    if (first !== undefined) return typeof first === 'number' ? reply(first, {}) : reply(first.status, first.body);
    if (!silent) return withdraw(requestedKey, amount);
    if (silent.takesEffect) withdraw(requestedKey, amount);
    throw new Error('billing did not answer');
  };

  const delay = () => (maxDelayMs > 0 ? sleep(Math.random() * maxDelayMs) : undefined);
  const client: HttpClient = Object.assign(
    async ({ path, headers, body }: Parameters<HttpClient>[0]): Promise<Reply> => {
      await delay();
      const { userId, amount = 0, cause = '' } = body as { userId: string; amount?: number; cause?: string };
      owners.push(userId);
      const answer = path.endsWith('/cancellation')
        ? cancel(cause)
        : charge(headers?.['idempotency-key'] ?? '', amount);
      await delay();
      return answer;
    },
    { close: async () => {} },
  );

  return {
    account,
    owners,
    client,
    startAnswering() {
      silent = undefined;
    },
  };
}

function reply(status: number, body: unknown): Reply {
  const { type } = (body ?? {}) as { type?: string };
  return { status, body, problem: type?.replace('/problems/', ''), header: () => undefined };
}
