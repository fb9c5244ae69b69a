import { randomUUID } from 'node:crypto';
import document from '../../specs/generated/preferable/openapi.json' with { type: 'json' };
import type { Json } from '../../tools/specs/json.ts';
import { PASSWORD } from './auth.ts';
import { ada, adaKing } from './users.ts';

/** An operation of the API document, and a request of it in which nothing is wrong. */
export interface Operation {
  operationId: string;
  /** The tag, which is the name of the role that serves it. */
  role: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: object | undefined;
  /** Who may call it. Nobody: it is open to all. */
  callers: string[];
}

const ID = randomUUID();
const credentials = { username: 'nobody', password: PASSWORD };
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

/** Every operation that there is. */
export const operations: readonly Operation[] = Object.entries<Json>(document.paths).flatMap(([path, item]) =>
  Object.entries<Json>(item).map(([method, { operationId, tags, security, requestBody }]) => {
    const body = bodies[operationId as string];
    if (Boolean(requestBody) !== (body !== undefined)) throw new Error(`There is no example of a body of ${operationId}, or one too many`);
    return {
      operationId: operationId as string,
      role: tags[0] as string,
      method: method.toUpperCase(),
      path: path.replace('{kind}', 'key-reused').replaceAll(/\{\w+\}/g, ID),
      headers: { 'if-match': '0', 'idempotency-key': ID, ...(body && { 'content-type': 'application/json' }) },
      body,
      callers: (security as object[]).flatMap((scheme) => Object.keys(scheme)),
    };
  }),
);

export const isWrite = ({ method }: Operation): boolean => method !== 'GET';
