import { randomUUID } from 'node:crypto';
import { PASSWORD } from './auth.ts';
import { answered, type Sent } from './asking.ts';
import { createBuyer, type Buyer } from './buyer.ts';

/** Somebody's things, and somebody else. */
export interface Scene {
  owner: Pick<Buyer, 'id'>;
  other: Buyer;
  orderId: string;
  sessionId: string;
}

/** A buyer with an order, a session and money, and another buyer. Both with a profile, unless it is to be made. */
export async function createScene(url: string, { profiles = true } = {}): Promise<Scene & { owner: Buyer }> {
  const [owner, other] = await Promise.all([createBuyer(url, { balance: 1000 }), createBuyer(url, { balance: 1000 })]);
  const first = randomUUID();
  const { body: order } = await answered(() => owner.order(5, { ifMatch: 0, key: first }));
  const { body: sessions } = await owner.ask('listSessions', 'GET', '/auth/sessions');
  if (!profiles) for (const { ask, id } of [owner, other]) await ask('deleteProfile', 'DELETE', `/api/v1/user/${id}`);
  return { owner, other, orderId: order.id, sessionId: sessions[0].id };
}

/** The same, but that there is no such user, order or session. */
export const missing = (scene: Scene): Scene => ({
  ...scene,
  owner: { id: randomUUID() },
  orderId: randomUUID(),
  sessionId: randomUUID(),
});

const key = () => ({ 'idempotency-key': randomUUID() });
const profile = { firstName: 'Ada', lastName: 'Lovelace', email: 'ada@example.org', phone: '+44 20 7946 0958' };

/** A sound request of each operation that is about somebody's things: its body, its headers, and the query. */
export const requests: Readonly<Record<string, (scene: Scene) => Sent & { query?: string }>> = {
  register: () => ({ body: { username: `user-${randomUUID()}`, password: PASSWORD } }),
  login: ({ other }) => ({ body: other.credentials }),
  token: ({ other }) => ({ body: other.credentials }),
  changePassword: () => ({ body: { current: PASSWORD, next: 'a better horse' } }),
  createProfile: () => ({ body: { username: `user-${randomUUID()}`, ...profile } }),
  updateProfile: () => ({ body: profile }),
  createOrder: ({ owner }) => ({ headers: key(), body: { price: 5, userId: owner.id } }),
  replenish: ({ owner }) => ({ headers: key(), body: { amount: 5, userId: owner.id } }),
  withdraw: ({ owner }) => ({ headers: key(), body: { amount: 5, userId: owner.id } }),
  cancelWithdrawal: ({ owner }) => ({ body: { userId: owner.id, cause: 'buyer' } }),
  listNotifications: ({ owner }) => ({ query: `?userId=${owner.id}` }),
};

/** Where an operation finds these things. */
export const pathOf = (path: string, { owner, orderId, sessionId }: Scene): string =>
  path
    .replace('/sessions/{id}', `/sessions/${sessionId}`)
    .replace('/orders/{id}', `/orders/${orderId}`)
    .replace(/\{(id|userId)\}/, owner.id)
    .replace('{key}', randomUUID())
    .replace('{kind}', 'not-found');
