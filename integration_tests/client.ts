import { randomUUID } from 'node:crypto';
import createClient from 'openapi-fetch';
import type { paths } from '../specs/generated/preferable/openapi.ts';

const shop = createClient<paths>({ baseUrl: process.argv[2] ?? 'http://127.0.0.1:8080' });
const credentials = { username: `ada-${randomUUID().slice(0, 8)}`, password: randomUUID() };
await shop.POST('/auth/register', { body: credentials });
const login = await shop.POST('/auth/login', { body: credentials });
const cookie = login.response.headers.getSetCookie()[0]!.split(';')[0]!;
const key = () => ({ 'Idempotency-Key': randomUUID() });

const deposit = { headers: { cookie }, params: { header: key() }, body: { amount: 100 } };
await shop.PUT('/payments/replenishments', deposit);
const order = { headers: { cookie }, params: { header: { 'If-Match': '0', ...key() } }, body: { price: 30 } };
const { data, error } = await shop.POST('/orders', order);
console.log(data ? `Order ${data.id} is ${data.status}.` : `Refused: ${error?.title}`);
