import { randomUUID } from 'node:crypto';
import { createServiceTokens } from '../../../lib/tokens.ts';
import { chargeKey } from '../../../specs/identity.ts';
import { eventually } from '../../support/eventually.ts';
import { ANSWERED_WITHIN_MS, answered } from '../clients/answered.ts';
import type { Buyer } from '../clients/buyer.ts';
import type { Asked, Exchange } from '../clients/history.ts';
import { deposit } from '../clients/requests.ts';
import { keyOf } from '../clients/verdict.ts';
import { eachOf } from '../each-of.ts';
import type { World } from '../world/world.ts';
import type { Books } from './books.ts';
import { changed, digestOf } from './digest.ts';
import type { Violation } from './violation.ts';

const AT_ONCE = 8;
const TOP_UP = 1_000_000_000;
const FINAL: readonly string[] = ['insufficient-funds', 'balance-limit', 'charge-cancelled'];

export interface ResendPorts {
  world: World;
  buyers: readonly Buyer[];
  exchanges: readonly Exchange[];
  books: Books;
  signal: AbortSignal;
}

/** Tops up every account, then sends every request about money once more, those of buyers and those of orders. Nothing may change by that. */
export async function resendAll({
  world,
  buyers,
  exchanges,
  books,
  signal,
}: ResendPorts): Promise<{ sent: number; found: Violation[] }> {
  await eachOf(
    buyers,
    AT_ONCE,
    (buyer) => {
      const asked = deposit(randomUUID(), TOP_UP);
      return answered(() => buyer.ask(asked));
    },
    signal,
  );
  const before = await digestOf(world.databases, ['billing']);
  const own = withOutcome(exchanges);
  const byId = new Map(buyers.map((buyer) => [buyer.id, buyer]));
  await eachOf(own, AT_ONCE, ({ as, asked }) => answered(() => byId.get(as)!.ask(asked)), signal);
  const charges = await resendCharges(world, books, signal);
  return {
    sent: own.length + charges,
    found: changed(
      'I18',
      before,
      await digestOf(world.databases, ['billing']),
      'sending every request about money again',
    ),
  };
}

/** Each request of a buyer about money that has an outcome, once. */
export function withOutcome(exchanges: readonly Exchange[]): Array<{ as: string; asked: Asked }> {
  const requests = new Map<string, { as: string; asked: Asked }>();
  for (const { as, asked, answer } of exchanges) {
    if (as === undefined || !['replenish', 'withdraw'].includes(asked.operation)) continue;
    const { cookie: _cookie, ...headers } = asked.headers;
    const hasOutcome = answer?.status === 201 || FINAL.includes(answer?.kind ?? '');
    if (hasOutcome)
      requests.set(`${as} ${keyOf({ asked })} ${JSON.stringify(asked.body)}`, { as, asked: { ...asked, headers } });
  }
  return [...requests.values()];
}

/** As the worker asks: the charge of each order, and what made billing promise that there is none. */
async function resendCharges(world: World, { orders, outcomes }: Books, signal: AbortSignal): Promise<number> {
  const token = createServiceTokens('worker', world.stack.env()['WORKER_SERVICE_KEY']!);
  const ask = async (path: string, body: object, headers: Record<string, string> = {}) => {
    const response = await fetch(`${world.urls.billing}/payments/withdrawals${path}`, {
      method: 'PUT',
      // Nothing is left open that billing would seem to hold on to.
      headers: {
        authorization: `Bearer ${token()}`,
        'content-type': 'application/json',
        connection: 'close',
        ...headers,
      },
      body: JSON.stringify(body),
    });
    await response.arrayBuffer();
    if (response.status >= 500) throw new Error(`billing answered ${response.status} to a charge that was sent again`);
  };
  const givenBack = new Set(
    outcomes.filter(({ outcome }) => outcome === 'CANCELLED' || outcome === 'REFUNDED').map(({ key }) => key),
  );
  const asks = orders.flatMap(({ id, owner, price }) => {
    const key = chargeKey(id);
    const charge = () => ask('', { userId: owner, amount: price }, { 'idempotency-key': key });
    return givenBack.has(key)
      ? [charge, () => ask(`/${key}/cancellation`, { userId: owner, cause: 'buyer' })]
      : [charge];
  });
  await eachOf(asks, AT_ONCE, (each) => eventually(each, ANSWERED_WITHIN_MS), signal);
  return asks.length;
}
