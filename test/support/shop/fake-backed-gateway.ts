import { after, beforeEach } from 'node:test';
import { startFakeService } from '../fakes/service.ts';
import { startGateway } from './gateway.ts';

/** A token that the gateway forwards without looking into it. */
export const TOKEN = { authorization: 'Bearer a.b.c' };

/** A gateway in front of a fake auth and one fake for all other services, for the test file that imports this. */
const auth = await startFakeService();
export const service = await startFakeService();
export const gateway = await startGateway({
  auth: auth.url,
  users: service.url,
  orders: service.url,
  billing: service.url,
  notifications: service.url,
});
export const { host } = new URL(gateway.url);

beforeEach(() => service.respondWith());
after(async () => {
  await gateway.close();
  await service.close();
  await auth.close();
});
