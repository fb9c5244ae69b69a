import { PRICE_MAX, sendWrite, UNAFFORDABLE, type Move } from './move.ts';
import * as requests from './requests.ts';

const DEPOSIT_MAX = 1_500;

export const deposit: Move = (context) =>
  sendWrite(context, requests.deposit(context.prng.uuid(), context.prng.between(1, DEPOSIT_MAX)));

export const withdraw: Move = (context) => {
  const { prng } = context;
  return sendWrite(
    context,
    requests.withdraw(prng.uuid(), prng.chance(0.1) ? UNAFFORDABLE : prng.between(1, PRICE_MAX)),
  );
};

export const read: Move = ({ buyer, prng }) => {
  const orders = [...buyer.orders.keys()];
  const own = orders.length > 0 ? [requests.readOrder(prng.pick(orders))] : [];
  const lists = [
    requests.listOrders(prng.between(1, 100)),
    requests.listTransactions(100),
    requests.listNotifications(),
  ];
  return buyer.send(prng.pick([...own, ...own, ...lists, requests.readBalance(), requests.readProfile(buyer.id)]));
};

export const changeProfile: Move = ({ buyer, prng }) =>
  buyer.send(
    requests.updateProfile(buyer.id, { ...buyer.person, phone: `+4420${prng.between(10 ** 9, 10 ** 10 - 1)}` }),
  );

/** Resends a request that was applied, perhaps long ago. */
export const replay: Move = async (context) => {
  const { buyer, prng } = context;
  if (buyer.applied.length > 0) await sendWrite(context, prng.pick(buyer.applied));
};

/** Sends a different request under a used key. */
export const reuseKey: Move = async ({ buyer, prng }) => {
  if (buyer.applied.length === 0) return;
  const request = prng.pick(buyer.applied);
  const [name, value] = Object.entries(request.body!)[0] as [string, number];
  await buyer.send({ ...request, body: { [name]: value + 1 } });
};

/** Retries a request whose outcome is unknown. */
export const retryPending: Move = async (context) => {
  const { buyer, prng } = context;
  if (buyer.pending.length > 0) await sendWrite(context, prng.pick(buyer.pending));
};
