import { after, beforeEach } from 'node:test';
import { startFakeService } from '../fakes/service.ts';
import { startGateway } from './gateway.ts';

/** A token that the gateway forwards without looking into it. */
export const TOKEN = { authorization: 'Bearer a.b.c' };

const auth = await startFakeService();
/** One fake for all services except auth. */
export const service = await startFakeService();
/** The gateway of the importing test file, in front of the two fakes. */
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
