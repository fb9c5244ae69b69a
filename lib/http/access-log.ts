import type { Middleware } from 'koa';
import { Histogram } from 'prom-client';
import type { Log } from '../log.ts';
import type { RequestState } from './request-state.ts';

/** nginx's status, for logs and metrics only. */
const CLIENT_DISCONNECTED = 499;
const PATH_LENGTH_MAX = 200;
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
const HIDDEN = '*';

const durations = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'Request duration by role, operation and status',
  labelNames: ['role', 'operation', 'status'],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
});

/** Logs and measures each request. Probes are logged at debug level only. */
export function observe(role: string, log: Log): Middleware {
  return async (ctx, next) => {
    const startedMs = performance.now();
    await next();
    const done = () => {
      const ms = Math.round((performance.now() - startedMs) * 10) / 10;
      const { operation, path = HIDDEN, correlationId, traceparent, callerId, orderId }: RequestState = ctx.state;
      // A client that disconnected has not received the response, so its status must not count as a server fault.
      const [status, problem] = ctx.res.writableFinished
        ? [ctx.status, ctx.state.problem]
        : [CLIENT_DISCONNECTED, undefined];
      durations.observe({ role, operation: operation ?? 'none', status }, ms / 1000);
      const facts = { role, operation, method: ctx.method, path, status, problem, ms };
      const level = /^\/(health|metrics)/.test(path) ? 'debug' : 'info';
      log[level]({ ...facts, callerId, orderId, correlationId, traceparent }, 'request');
    };
    if (ctx.res.closed) done();
    else ctx.res.once('close', done);
  };
}

/**
 * Returns what the log shows of a path that matches the template of an operation: the template, with the UUIDs from the
 * path, because operators search by them. A client may have put anything else there by mistake, such as a name, a
 * password or a token, so all other values become `*`.
 */
export function loggedPath(template: string, path: string): string {
  const values = path.split('/');
  const shown = template.split('/').map((segment, n) => {
    if (!segment.includes('{')) return segment;
    return UUID.test(values[n] ?? '') ? values[n] : HIDDEN;
  });
  return shown.join('/').slice(0, PATH_LENGTH_MAX);
}
