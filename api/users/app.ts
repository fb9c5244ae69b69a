import type { Middleware } from 'koa';
import { serveApi, type ApiPorts } from '../../lib/http/api.ts';
import { userHandlers, type UsersPorts } from './routes.ts';

/** The HTTP API of the users service. */
export const usersApi = ({
  store,
  startProfile,
  log,
  ...ports
}: UsersPorts & Omit<ApiPorts, 'tag' | 'handlers'>): Middleware =>
  serveApi({ ...ports, tag: 'users', handlers: userHandlers({ store, startProfile, log }) });
