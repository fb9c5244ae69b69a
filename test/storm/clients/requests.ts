import type { ApiRequest } from './history.ts';

export const register = (credentials: Credentials): ApiRequest =>
  post('register', '/auth/register', { ...credentials });
export const login = (credentials: Credentials): ApiRequest => post('login', '/auth/login', { ...credentials });
export const logout = (): ApiRequest => post('logout', '/auth/logout', undefined);
export const token = (credentials: Credentials): ApiRequest => post('token', '/auth/token', { ...credentials });
export const createProfile = (person: Person): ApiRequest => post('createProfile', '/api/v1/user', { ...person });
export const updateProfile = (id: string, person: Person): ApiRequest =>
  put('updateProfile', `/api/v1/user/${id}`, { ...person });
export const deposit = (key: string, amount: number): ApiRequest =>
  put('replenish', '/payments/replenishments', { amount }, { 'idempotency-key': key });
export const withdraw = (key: string, amount: number): ApiRequest =>
  put('withdraw', '/payments/withdrawals', { amount }, { 'idempotency-key': key });
export const cancelOrder = (id: string): ApiRequest => put('cancelOrder', `/orders/${id}/cancellation`);
export const readOrder = (id: string): ApiRequest => get('readOrder', `/orders/${id}`);
export const orderEvents = (id: string): ApiRequest => get('orderEvents', `/orders/${id}/events`);
export const listOrders = (limit: number): ApiRequest => get('listOrders', `/orders?limit=${limit}`);
export const listTransactions = (limit: number): ApiRequest =>
  get('listTransactions', `/payments/transactions?limit=${limit}`);
export const readBalance = (): ApiRequest => get('readBalance', '/payments');
export const listNotifications = (): ApiRequest => get('listNotifications', '/notifications?limit=100');
export const readProfile = (id: string): ApiRequest => get('readProfile', `/api/v1/user/${id}`);
export const readUser = (id: string): ApiRequest => get('readUser', `/users/${id}`);

export const createOrder = (
  price: number,
  { ifMatch, key }: { ifMatch?: number | undefined; key?: string | undefined },
): ApiRequest =>
  post(
    'createOrder',
    '/orders',
    { price },
    {
      ...(ifMatch !== undefined && { 'if-match': String(ifMatch) }),
      ...(key !== undefined && { 'idempotency-key': key }),
    },
  );

/** A copy with more headers. */
export const withHeaders = (request: ApiRequest, headers: Record<string, string>): ApiRequest => ({
  ...request,
  headers: { ...request.headers, ...headers },
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

const get = (operation: string, path: string): ApiRequest => ({ operation, method: 'GET', path, headers: {} });

const put = (
  operation: string,
  path: string,
  body?: ApiRequest['body'],
  headers: Record<string, string> = {},
): ApiRequest => ({
  operation,
  method: 'PUT',
  path,
  headers,
  body,
});

const post = (
  operation: string,
  path: string,
  body: ApiRequest['body'],
  headers: Record<string, string> = {},
): ApiRequest => ({
  operation,
  method: 'POST',
  path,
  headers,
  body,
});
