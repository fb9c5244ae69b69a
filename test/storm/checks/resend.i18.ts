import { randomUUID } from 'node:crypto';
import { createServiceTokens } from '../../../lib/http/service-tokens.ts';
import { chargeKey } from '../../../specs/identity.ts';
import { eventually } from '../../support/eventually.ts';
import type { Buyer } from '../clients/buyer.ts';
import type { ApiRequest, Exchange } from '../clients/history.ts';
import { deposit } from '../clients/requests.ts';
import { ANSWER_WITHIN_MS, untilAnswered } from '../clients/until-answered.ts';
import { keyOf } from '../clients/verdict.ts';
import { FINAL_TOP_UP } from '../clients/wallet.ts';
import { mapConcurrently } from '../map-concurrently.ts';
import type { World } from '../world/world.ts';
import { checkUnchanged, digestOf } from './digest.i17-i18.ts';
import type { Rows } from './rows.ts';
import type { Violation } from './violation.ts';

const CONCURRENCY = 8;
const STORED_DECLINES: readonly string[] = ['insufficient-funds', 'balance-limit', 'charge-cancelled'];

export interface ResendPorts {
  world: World;
  buyers: readonly Buyer[];
  exchanges: readonly Exchange[];
  rows: Rows;
  signal: AbortSignal;
}

/** I18: tops up all accounts, then resends every money request. Billing's tables must not change. */
export async function resendAll({
  world,
  buyers,
  exchanges,
  rows,
  signal,
}: ResendPorts): Promise<{ sent: number; found: Violation[] }> {
  await mapConcurrently(
    buyers,
    CONCURRENCY,
    (buyer) => {
      const topUp = deposit(randomUUID(), FINAL_TOP_UP);
      return untilAnswered(() => buyer.send(topUp));
    },
    signal,
  );
  const before = await digestOf(world.databases, ['billing']);
  const own = withOutcome(exchanges);
  const byId = new Map(buyers.map((buyer) => [buyer.id, buyer]));
  await mapConcurrently(
    own,
    CONCURRENCY,
    ({ userId, request }) => untilAnswered(() => byId.get(userId)!.send(request)),
    signal,
  );
  const charges = await resendCharges(world, rows, signal);
  return {
    sent: own.length + charges,
    found: checkUnchanged('I18', before, await digestOf(world.databases, ['billing']), 'resending every money request'),
  };
}

/** Buyers' money requests with a stored outcome, without duplicates. */
export function withOutcome(exchanges: readonly Exchange[]): Array<{ userId: string; request: ApiRequest }> {
  const requests = new Map<string, { userId: string; request: ApiRequest }>();
  for (const { userId, request, response } of exchanges) {
    if (userId === undefined || !['replenish', 'withdraw'].includes(request.operation)) continue;
    const { cookie: _cookie, ...headers } = request.headers;
    const hasOutcome = response?.status === 201 || STORED_DECLINES.includes(response?.kind ?? '');
    if (hasOutcome)
      requests.set(`${userId} ${keyOf({ request })} ${JSON.stringify(request.body)}`, {
        userId,
        request: { ...request, headers },
      });
  }
  return [...requests.values()];
}

/** Resends charges and cancellations as the worker does. */
async function resendCharges(world: World, { orders, outcomes }: Rows, signal: AbortSignal): Promise<number> {
  const token = createServiceTokens('worker', world.stack.env()['WORKER_SERVICE_KEY']!, 'billing');
  const send = async (path: string, body: object, headers: Record<string, string> = {}) => {
    const response = await fetch(`${world.urls.billing}/payments/withdrawals${path}`, {
      method: 'PUT',
      // An idle keep-alive connection would count as a leak in billing.
      headers: {
        authorization: `Bearer ${token()}`,
        'content-type': 'application/json',
        connection: 'close',
        ...headers,
      },
      body: JSON.stringify(body),
    });
    await response.arrayBuffer();
    if (response.status >= 500) throw new Error(`billing returned ${response.status} to a resent charge`);
  };
  const cancelled = new Set(
    outcomes.filter(({ outcome }) => outcome === 'CANCELLED' || outcome === 'REFUNDED').map(({ key }) => key),
  );
  const sends = orders.flatMap(({ id, owner, price }) => {
    const key = chargeKey(id);
    const charge = () => send('', { userId: owner, amount: price }, { 'idempotency-key': key });
    return cancelled.has(key)
      ? [charge, () => send(`/${key}/cancellation`, { userId: owner, cause: 'buyer' })]
      : [charge];
  });
  await mapConcurrently(sends, CONCURRENCY, (each) => eventually(each, ANSWER_WITHIN_MS), signal);
  return sends.length;
}
