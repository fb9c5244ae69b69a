import type { Asked } from './history.ts';

/** The requests that a shop's client sends. */
export const register = (credentials: Credentials): Asked => post('register', '/auth/register', { ...credentials });
export const login = (credentials: Credentials): Asked => post('login', '/auth/login', { ...credentials });
export const logout = (): Asked => post('logout', '/auth/logout', undefined);
export const token = (credentials: Credentials): Asked => post('token', '/auth/token', { ...credentials });
export const createProfile = (person: Person): Asked => post('createProfile', '/api/v1/user', { ...person });
export const updateProfile = (id: string, person: Person): Asked =>
  put('updateProfile', `/api/v1/user/${id}`, { ...person });
export const deposit = (key: string, amount: number): Asked =>
  put('replenish', '/payments/replenishments', { amount }, { 'idempotency-key': key });
export const withdraw = (key: string, amount: number): Asked =>
  put('withdraw', '/payments/withdrawals', { amount }, { 'idempotency-key': key });
export const cancelOrder = (id: string): Asked => put('cancelOrder', `/orders/${id}/cancellation`);
export const readOrder = (id: string): Asked => get('readOrder', `/orders/${id}`);
export const orderEvents = (id: string): Asked => get('orderEvents', `/orders/${id}/events`);
export const listOrders = (limit: number): Asked => get('listOrders', `/orders?limit=${limit}`);
export const listTransactions = (limit: number): Asked =>
  get('listTransactions', `/payments/transactions?limit=${limit}`);
export const readBalance = (): Asked => get('readBalance', '/payments');
export const listNotifications = (): Asked => get('listNotifications', '/notifications?limit=100');
export const readProfile = (id: string): Asked => get('readProfile', `/api/v1/user/${id}`);
export const readUser = (id: string): Asked => get('readUser', `/users/${id}`);

/** An order, by list version, by key, or by both. */
export const createOrder = (
  price: number,
  { ifMatch, key }: { ifMatch?: number | undefined; key?: string | undefined },
): Asked =>
  post(
    'createOrder',
    '/orders',
    { price },
    {
      ...(ifMatch !== undefined && { 'if-match': String(ifMatch) }),
      ...(key !== undefined && { 'idempotency-key': key }),
    },
  );

/** The same request with more headers. */
export const withHeaders = (asked: Asked, headers: Record<string, string>): Asked => ({
  ...asked,
  headers: { ...asked.headers, ...headers },
});

export interface Credentials {
  username: string;
  password: string;
}

export interface Person {
  username: string;
  firstName: string;
  lastName: string;
  email: string;
  phone: string;
}

const get = (operation: string, path: string): Asked => ({ operation, method: 'GET', path, headers: {} });

const put = (operation: string, path: string, body?: Asked['body'], headers: Record<string, string> = {}): Asked => ({
  operation,
  method: 'PUT',
  path,
  headers,
  body,
});

const post = (operation: string, path: string, body: Asked['body'], headers: Record<string, string> = {}): Asked => ({
  operation,
  method: 'POST',
  path,
  headers,
  body,
});
