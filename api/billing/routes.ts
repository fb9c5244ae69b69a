import { takePage, idParam, idempotencyKey, pageParams, present } from '../../lib/http/answers.ts';
import { buyer, type AnyCall, type Call, type Handlers } from '../../lib/http/api.ts';
import { Problem } from '../../lib/http/problem.ts';
import { InProgress } from './account-queue.ts';
import type { Key, Kind, Movement, Outcome } from './movement.ts';
import type { BillingStore } from './store.ts';

const RETRY_AFTER_S = '1';

/** Billing's operations. The store moves the money. */
export function billingHandlers(
  store: BillingStore,
): Handlers<'readBalance' | 'openAccount' | 'listTransactions' | 'replenish' | 'withdraw' | 'cancelWithdrawal'> {
  return {
    readBalance: async (call) => {
      const userId = buyer(call);
      present(call, 200, { userId, amount: await store.balance(userId) });
    },

    openAccount: async (call) => {
      const userId = idParam(call, 'userId', notAUuid('userId'));
      present(call, (await store.open(userId)) ? 201 : 200, { userId, amount: await store.balance(userId) });
    },

    listTransactions: async (call) => {
      const { limit, before } = pageParams(call);
      const found = await store.transactions(buyer(call), { limit: limit + 1, before });
      present(
        call,
        200,
        takePage(call, found, limit, ({ id }) => id),
      );
    },

    replenish: async (call) => {
      const requested = movement(call, 'replenishment');
      presentMovement(call, requested, await outcomeOf(() => store.replenish(requested)));
    },

    withdraw: async (call) => {
      const requested = movement(call, 'withdrawal');
      presentMovement(call, requested, await outcomeOf(() => store.withdraw(requested)));
    },

    cancelWithdrawal: async (call) => {
      const { userId, cause } = call.body;
      const key: Key = { ownerId: userId.toLowerCase(), scope: 'order', key: idParam(call, 'key', notAUuid('key')) };
      const { kind, outcome, cause: firstCause, replayed } = await outcomeOf(() => store.cancel(key, cause));
      if (kind !== 'withdrawal')
        throw new Problem('key-reused', 'This key belongs to a replenishment, which cannot be cancelled');
      present(call, 200, { outcome, ...(firstCause && { cause: firstCause }) }, { replayed });
    },
  };
}

/** A service names the account; a buyer can only use their own. */
function movement(call: Call<'replenish' | 'withdraw'>, kind: Kind): Movement {
  const { amount, userId } = call.body;
  const key = idempotencyKey(call);
  if (call.caller?.kind === 'service') {
    if (!userId) throw new Problem('bad-request', 'userId is required in the body: services must name the account');
    return { ownerId: userId.toLowerCase(), scope: 'order', key, kind, amount };
  }
  const ownerId = buyer(call);
  if (userId !== undefined && userId.toLowerCase() !== ownerId)
    throw new Problem('not-your-account', 'If userId is sent, it must be your own id');
  return { ownerId, scope: 'client', key, kind, amount };
}

function presentMovement(call: AnyCall, { kind, amount }: Movement, outcome: Outcome): void {
  const { replayed, balanceAfter, cause } = outcome;
  const headers: Record<string, string> = replayed ? { 'idempotent-replayed': 'true' } : {};
  // A tombstone has no amount, so a charge of any amount matches it.
  if (outcome.kind !== kind || (outcome.amount !== null && outcome.amount !== amount)) {
    throw new Problem(
      'key-reused',
      'This Idempotency-Key was used for another request. Send a new key for a new request',
    );
  }
  switch (outcome.outcome) {
    case 'CHARGED':
    case 'CREDITED':
      return present(call, 201, { transactionId: outcome.transactionId, amount, balance: balanceAfter }, { replayed });
    case 'DECLINED':
      if (kind === 'replenishment') throw new Problem('balance-limit', undefined, { headers });
      throw new Problem(
        'insufficient-funds',
        'The balance is too low, and this key stays declined. Top up and send a new key',
        { headers },
      );
    case 'CANCELLED':
    case 'REFUNDED':
      throw new Problem('charge-cancelled', 'This charge was cancelled, so no money is taken under this key', {
        headers,
        members: { cause },
      });
  }
}

/** Turns `InProgress` into a problem. */
async function outcomeOf(act: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof InProgress)) throw error;
    throw new Problem('in-progress', 'This request timed out waiting for the account. Send it again', {
      cause: error.cause,
      headers: { 'retry-after': RETRY_AFTER_S },
    });
  }
}

const notAUuid = (name: string) => new Problem('bad-request', `${name} in the path must be a UUID`);
