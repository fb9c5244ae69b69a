import { setTimeout as sleep } from 'node:timers/promises';
import { orderId } from '../../../specs/identity.ts';
import type { Prng } from '../prng.ts';
import { otherAmount } from './account-moves.ts';
import type { Buyer } from './buyer.ts';
import type { ApiRequest } from './history.ts';
import { sendWrite, type Move } from './move.ts';
import * as requests from './requests.ts';
import { keyOf } from './verdict.ts';

const IN_PROGRESS_MAX = 2;
const ATTEMPTS_MAX = 5;
const ATTEMPT_AFTER_MS_MAX = 40;

/** Places an order with a list version, a key or both. The version is sometimes old, or does not exist yet. */
export const order: Move = (context) => {
  const { buyer, prng } = context;
  const [by, key, offset] = [
    prng.pick(['version', 'key', 'both'] as const),
    prng.uuid(),
    prng.chance(0.05) ? prng.pick([-1, 1, 3]) : 0,
  ];
  const ifMatch = Math.max(0, buyer.version + offset);
  return sendWrite(
    context,
    requests.createOrder(price(buyer, prng), { ...(by !== 'key' && { ifMatch }), ...(by !== 'version' && { key }) }),
  );
};

/** Sends two different orders with the same list version. */
export const race: Move = ({ buyer, prng }) => {
  const ifMatch = buyer.version;
  const [one, other] = [price(buyer, prng), otherAmount(price(buyer, prng))];
  return Promise.all([
    buyer.send(requests.createOrder(one, { ifMatch, key: prng.uuid() })),
    buyer.send(requests.createOrder(other, { ifMatch })),
  ]);
};

export const cancel: Move = async (context) => {
  const { buyer, prng } = context;
  if (buyer.orders.size > 0) await sendWrite(context, requests.cancelOrder(prng.pick([...buyer.orders.keys()])));
};

/** Cancels the buyer's latest order among those that were last seen as IN_PROGRESS or SUCCESS. */
export const cancelLatest: Move = async (context) => {
  const id = latestCancellable(context.buyer);
  if (id !== undefined) await sendWrite(context, requests.cancelOrder(id));
};

export const latestCancellable = ({ orders }: Buyer): string | undefined =>
  [...orders].findLast(([, { response }]) => ['IN_PROGRESS', 'SUCCESS'].includes(response!.body.status))?.[0];

export const cancelInProgress: Move = (context) =>
  sendWrite(context, requests.cancelOrder(context.prng.pick(ordersInProgress(context.buyer))));

/** The ids of the buyer's latest unfinished orders, and of orders whose request is pending: their key gives the id. */
export function ordersInProgress({ id, orders, pending }: Buyer): string[] {
  const known = [...orders].filter(([, { response }]) => response!.body.status === 'IN_PROGRESS').map(([each]) => each);
  const requested = pending
    .filter(({ operation }) => operation === 'createOrder')
    .map((request) => orderId(id, keyOf({ request })));
  return [...known.slice(-IN_PROGRESS_MAX), ...requested];
}

/**
 * Places an order and already sends a request about it before the response arrives. The buyer knows the order's id by
 * then, because the id is derived from the key.
 */
const orderAnd =
  (about: (id: string) => ApiRequest): Move =>
  ({ buyer, prng }) => {
    const key = prng.uuid();
    const meanwhile = async () => {
      for (let attempts = prng.between(1, ATTEMPTS_MAX); attempts > 0; attempts--) {
        await sleep(prng.between(0, ATTEMPT_AFTER_MS_MAX));
        const { response } = await buyer.send(about(orderId(buyer.id, key)));
        if (response?.status !== 404) return;
      }
    };
    return Promise.all([buyer.send(requests.createOrder(price(buyer, prng), { key })), meanwhile()]);
  };
export const orderAndCancel = orderAnd(requests.cancelOrder);
export const orderAndFollow = orderAnd(requests.orderEvents);

const price = ({ wallet }: Buyer, prng: Prng): number => (prng.chance(0.06) ? wallet.unaffordable : wallet.price(prng));
