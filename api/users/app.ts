import type { Middleware } from 'koa';
import { serveApi, type ApiPorts } from '../../lib/api.ts';
import { userHandlers, type UsersPorts } from './routes.ts';

/** What the users service serves. */
export const usersApi = ({
  store,
  startProfile,
  log,
  ...ports
}: UsersPorts & Omit<ApiPorts, 'tag' | 'handlers'>): Middleware =>
  serveApi({ ...ports, tag: 'users', handlers: userHandlers({ store, startProfile, log }) });
