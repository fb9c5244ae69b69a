import { randomUUID } from 'node:crypto';
import { PASSWORD } from '../shop/auth.ts';
import { createBuyer, type Buyer } from '../shop/buyer.ts';
import { retryWhileUnavailable, type Sent } from './contract-client.ts';

/** An owner's resources and another buyer. */
export interface Scene {
  owner: Pick<Buyer, 'id'>;
  other: Buyer;
  orderId: string;
  sessionId: string;
}

/** Creates two buyers with money, and an order and a session of the owner. */
export async function createScene(url: string, { profiles = true } = {}): Promise<Scene & { owner: Buyer }> {
  const [owner, other] = await Promise.all([createBuyer(url, { balance: 1000 }), createBuyer(url, { balance: 1000 })]);
  const first = randomUUID();
  const { body: order } = await retryWhileUnavailable(() => owner.order(5, { ifMatch: 0, key: first }));
  const { body: sessions } = await owner.ask('listSessions', 'GET', '/auth/sessions');
  if (!profiles) for (const { ask, id } of [owner, other]) await ask('deleteProfile', 'DELETE', `/api/v1/user/${id}`);
  return { owner, other, orderId: order.id, sessionId: sessions[0].id };
}

/** The same scene with ids that do not exist. */
export const missing = (scene: Scene): Scene => ({
  ...scene,
  owner: { id: randomUUID() },
  orderId: randomUUID(),
  sessionId: randomUUID(),
});

const key = () => ({ 'idempotency-key': randomUUID() });
const profile = { firstName: 'Ada', lastName: 'Lovelace', email: 'ada@example.org', phone: '+44 20 7946 0958' };

/** Valid requests by operation id. */
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

/** Fills the scene's ids into a path. */
export const pathOf = (path: string, { owner, orderId, sessionId }: Scene): string =>
  path
    .replace('/sessions/{id}', `/sessions/${sessionId}`)
    .replace('/orders/{id}', `/orders/${orderId}`)
    .replace(/\{(id|userId)\}/, owner.id)
    .replace('{key}', randomUUID())
    .replace('{kind}', 'not-found');
