import { randomUUID } from 'node:crypto';
import { PASSWORD } from '../shop/auth.ts';
import { ada, adaKing } from '../shop/users.ts';
import { operations, type Operation } from './operations.ts';

export interface ValidRequest extends Operation {
  headers: Record<string, string>;
  body: object | undefined;
}

const ID = randomUUID();
const credentials = { username: 'unknown-user', password: PASSWORD };
const bodies: Readonly<Record<string, object>> = {
  register: credentials,
  login: credentials,
  token: credentials,
  changePassword: { current: PASSWORD, next: PASSWORD },
  createProfile: ada,
  updateProfile: adaKing,
  createOrder: { price: 5 },
  replenish: { amount: 5, userId: ID },
  withdraw: { amount: 5, userId: ID },
  cancelWithdrawal: { userId: ID, cause: 'buyer' },
};

/** A valid request of every operation. */
export const validRequests: readonly ValidRequest[] = operations.map((operation) => {
  const body = bodies[operation.id];
  if (Boolean(operation.bodies) !== Boolean(body))
    throw new Error(`The example body of ${operation.id} is missing, or the operation takes none`);
  return {
    ...operation,
    path: operation.path.replace('{kind}', 'key-reused').replaceAll(/\{\w+\}/g, ID),
    headers: { 'if-match': '0', 'idempotency-key': ID, ...(body && { 'content-type': 'application/json' }) },
    body,
  };
});
