import { sendWrite, type Move } from './move.ts';
import * as requests from './requests.ts';

export const deposit: Move = (context) =>
  sendWrite(context, requests.deposit(context.prng.uuid(), context.buyer.wallet.deposit(context.prng)));

export const withdraw: Move = (context) => {
  const { buyer, prng } = context;
  const { unaffordable, price } = buyer.wallet;
  return sendWrite(context, requests.withdraw(prng.uuid(), prng.chance(0.1) ? unaffordable : price(prng)));
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
  await buyer.send({ ...request, body: { [name]: otherAmount(value) } });
};

/** Another valid amount. */
export const otherAmount = (amount: number): number => (amount < Number.MAX_SAFE_INTEGER ? amount + 1 : amount - 1);

/** Retries a request whose outcome is unknown. */
export const retryPending: Move = async (context) => {
  const { buyer, prng } = context;
  if (buyer.pending.length > 0) await sendWrite(context, prng.pick(buyer.pending));
};
