import { cookieIn } from './buyer.ts';
import type { Move } from './move.ts';
import * as requests from './requests.ts';

/** Requests another buyer's resources and resources that do not exist. */
export const requestForeign: Move = async ({ buyer, others, prng }) => {
  if (others.length === 0) return;
  const other = prng.pick(others);
  const foreign = [...other.orders.keys(), prng.uuid()];
  const about = prng.pick([requests.readOrder, requests.cancelOrder]);
  await Promise.all([buyer.send(about(prng.pick(foreign))), buyer.send(about(prng.uuid()))]);
  const aboutUsers = prng.pick([
    requests.readProfile,
    requests.readUser,
    (id: string) => requests.updateProfile(id, buyer.person),
  ]);
  await Promise.all([buyer.send(aboutUsers(other.id)), buyer.send(aboutUsers(prng.uuid()))]);
};

/** Claims another identity in a header, to the gateway and to services. */
export const impersonate: Move = async (context) => {
  const { buyer, others, prng, sendToService, sendAnonymously } = context;
  if (others.length === 0) return;
  const claim = { 'x-user-id': prng.pick(others).id, 'x-auth-user': prng.pick(others).id };
  await buyer.send(
    requests.withHeaders(
      prng.pick([requests.listOrders(100), requests.listTransactions(100), requests.listNotifications()]),
      claim,
    ),
  );
  await buyer.send(requests.withHeaders(requests.deposit(prng.uuid(), 1), claim));
  await sendToService(requests.withHeaders(requests.listOrders(100), claim), 'orders');
  await sendToService(
    requests.withHeaders(prng.pick([requests.listTransactions(100), requests.readBalance()]), claim),
    'billing',
  );
  await sendAnonymously(requests.withHeaders(requests.listOrders(100), claim), 'orders');
  await sendAnonymously(requests.withHeaders(requests.deposit(prng.uuid(), 1), claim), 'billing');
};

/** Opens a second session, reads, logs out, and tries to use the session again. */
export const useEndedSession: Move = async ({ buyer, prng, sendInSession }) => {
  // With the buyer's cookie, the login would end the buyer's session.
  const { response } = await sendInSession(undefined, requests.login(buyer.credentials), buyer.id);
  if (response?.status !== 200) return;
  const cookie = cookieIn(response);
  await sendInSession(cookie, requests.readBalance(), buyer.id);
  const logout = await sendInSession(cookie, requests.logout());
  if (logout.response?.status !== 200) return;
  await sendInSession(
    cookie,
    prng.pick([requests.readBalance(), requests.listOrders(1), requests.deposit(prng.uuid(), 1)]),
  );
};
