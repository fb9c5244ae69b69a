import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpClient, Reply } from '../../lib/http-client.ts';

export type EarlyAnswer = number | Pick<Reply, 'status' | 'body'>;

export interface BillingOptions {
  balance: number;
  /** The charge key of the one order that this billing knows. */
  key: string;
  price: number;
  /** Billing never answers a charge; whether it takes effect all the same. */
  silentCharge?: { takesEffect: boolean } | undefined;
  /** Answers before the real ones, by status, or with a body. */
  answersFirst?: readonly EarlyAnswer[] | undefined;
  /** Waits up to this long, by chance, before and after each effect. */
  hesitateMs?: number | undefined;
}

/** A billing that keeps billing's rules, for one key, in memory. */
export function createBilling({
  balance,
  key,
  price,
  silentCharge,
  answersFirst = [],
  hesitateMs = 0,
}: BillingOptions) {
  const account = {
    balance,
    charges: 0,
    asked: 0,
    outcome: undefined as { outcome: string; cause?: string } | undefined,
  };
  const early = [...answersFirst];
  let silent = silentCharge;

  const withdraw = (asked: string): Reply => {
    if (asked !== key) throw new Error("a charge under a key that is not the order's");
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

  const charge = (asked: string): Reply => {
    account.asked++;
    const first = early.shift();
    if (first !== undefined) return typeof first === 'number' ? reply(first, {}) : reply(first.status, first.body);
    if (!silent) return withdraw(asked);
    if (silent.takesEffect) withdraw(asked);
    throw new Error('billing did not answer');
  };

  const hesitate = () => (hesitateMs > 0 ? sleep(Math.random() * hesitateMs) : undefined);
  const client: HttpClient = Object.assign(
    async ({ path, headers, body }: Parameters<HttpClient>[0]): Promise<Reply> => {
      await hesitate();
      const answer = path.endsWith('/cancellation')
        ? cancel((body as { cause: string }).cause)
        : charge(headers?.['idempotency-key'] ?? '');
      await hesitate();
      return answer;
    },
    { close: async () => {} },
  );

  return {
    account,
    client,
    /** From now on it answers. */
    speak() {
      silent = undefined;
    },
  };
}

function reply(status: number, body: unknown): Reply {
  return { status, body, header: () => undefined };
}
