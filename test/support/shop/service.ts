import type { Middleware } from 'koa';
import { listen, type Listener } from '../../../lib/http/listen.ts';
import { createService, type ServiceOptions } from '../../../lib/http/service.ts';
import { createLog } from '../../../lib/log.ts';

/** Serves a role's middleware on a free port without logging. */
export function serveQuietly(
  role: string,
  middleware: readonly Middleware[],
  options: Partial<ServiceOptions> = {},
): Promise<Listener> {
  const app = createService({
    role,
    log: createLog(process.env['TEST_LOG_LEVEL'] ?? 'silent'),
    checks: [],
    middleware,
    ...options,
  });
  return listen(app, { host: '127.0.0.1', port: 0 });
}
