import type { Middleware } from 'koa';
import { serveApi, type ApiPorts } from '../../lib/http/api.ts';
import { notificationHandlers, type NotificationsPorts } from './routes.ts';

/** Returns the middleware of the notifications service. */
export const notificationsApi = ({
  store,
  ...ports
}: NotificationsPorts & Omit<ApiPorts, 'tag' | 'handlers'>): Middleware =>
  serveApi({ ...ports, tag: 'notifications', handlers: notificationHandlers({ store }) });
