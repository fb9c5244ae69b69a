import Koa, { type Context, type Middleware } from 'koa';
import helmet from 'koa-helmet';
import { Histogram, register } from 'prom-client';
import { correlate } from './correlation.ts';
import { lately } from './lately.ts';
import type { Log } from './log.ts';
import { answerProblems, Problem } from './problem.ts';

/** How one thing that a role needs is doing. What the role can do without for a while is `degraded` when it is away, and not `unready`. */
export interface Check {
  name: string;
  /** Resolves when it answers. */
  ask(): Promise<unknown>;
  needed: boolean;
}

export interface ServiceOptions {
  role: string;
  log: Log;
  checks: readonly Check[];
  /** What the role serves beside its health and its metrics. */
  middleware?: readonly Middleware[];
  /** False on a listener that strangers reach: health and metrics are then not served. */
  operations?: boolean;
}

/** As proxies write it down. Nobody is ever answered with it. */
const CLIENT_GONE = 499;
const CHECK_TIMEOUT_MS = 3_000;

const durations = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'How long requests took, by role, operation and status',
  labelNames: ['role', 'operation', 'status'],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
});

/** Builds the app of a role: correlation id, one log line a request, one way out for errors, health, metrics, then what the role serves. */
export function createService({ role, log, checks, middleware = [], operations = true }: ServiceOptions): Koa {
  const app = new Koa();
  app.on('error', (error: Error, ctx?: Context) => {
    if (isClientGone(error)) return;
    log.error({ role, correlationId: ctx?.state['correlationId'] as string, err: error }, 'a request failed');
  });
  app.use(correlate);
  app.use(observe(role, log));
  app.use(helmet());
  app.use(answerProblems);
  app.use(requireHost);
  if (operations) app.use(operationsOf(checks));
  for (const each of middleware) app.use(each);
  return app;
}

/** What `/health/ready` says: every check, and whether all that is needed has answered. */
export async function readiness(
  checks: readonly Check[],
): Promise<{ ready: boolean; status: string; checks: Record<string, string> }> {
  const answers = await Promise.all(
    checks.map(async ({ ask }) =>
      within(CHECK_TIMEOUT_MS, ask()).then(
        () => true,
        () => false,
      ),
    ),
  );
  const states = checks.map(({ name, needed }, n) => [name, answers[n] ? 'up' : needed ? 'down' : 'degraded'] as const);
  const ready = states.every(([, state]) => state !== 'down');
  const whole = states.every(([, state]) => state === 'up');
  return { ready, status: ready ? (whole ? 'ready' : 'degraded') : 'unready', checks: Object.fromEntries(states) };
}

/** RFC 9112, 3.2. Node can insist on it itself, but answers with nothing that says why. A target that names its host still, names another one. */
const requireHost: Middleware = async ({ req }, next) => {
  const hosts = req.rawHeaders.filter((_value, n) => n % 2 === 1 && req.rawHeaders[n - 1]!.toLowerCase() === 'host');
  if (hosts.length > 1 || (hosts.length === 0 && req.httpVersion === '1.1'))
    throw new Problem('bad-request', 'Send one Host header');
  if (hosts.some((host) => /[\s/?#@\\]/.test(host)))
    throw new Problem('bad-request', 'The Host header must be a name or an address, and may have a port');
  if (URL.canParse(req.url!))
    throw new Problem('bad-request', 'The URL that is asked for has another host than the Host header');
  await next();
};

function operationsOf(checks: readonly Check[]): Middleware {
  const ask = lately(() => readiness(checks));
  return async (ctx, next) => {
    if (ctx.method !== 'GET') return next();
    if (ctx.path === '/health/live') ctx.body = { status: 'live' };
    else if (ctx.path === '/health/ready') {
      const { ready, ...told } = await ask();
      ctx.status = ready ? 200 : 503;
      ctx.body = told;
    } else if (ctx.path === '/metrics') {
      ctx.type = register.contentType;
      ctx.body = await register.metrics();
    } else await next();
  };
}

/** One line and one measurement for each request. Probes are measured and not written down. */
function observe(role: string, log: Log): Middleware {
  return async (ctx, next) => {
    const startedMs = performance.now();
    await next();
    const done = () => {
      const ms = Math.round((performance.now() - startedMs) * 10) / 10;
      const { operation, correlationId, traceparent, callerId, orderId, ...state } = ctx.state as Record<
        string,
        string | undefined
      >;
      // Of a client that went away nobody knows what it would have been answered: that is no fault, and counts as none.
      const [status, problem] = ctx.res.writableFinished ? [ctx.status, state['problem']] : [CLIENT_GONE, undefined];
      durations.observe({ role, operation: operation ?? 'none', status }, ms / 1000);
      const level = /^\/(health|metrics)/.test(ctx.path) ? 'debug' : 'info';
      const path = withoutOddities(ctx.path);
      log[level](
        {
          role,
          operation,
          method: ctx.method,
          path,
          status,
          problem,
          ms,
          callerId,
          orderId,
          correlationId,
          traceparent,
        },
        'request',
      );
    };
    if (ctx.res.closed) done();
    else ctx.res.once('close', done);
  };
}

/** A path as it may be written down. What is no id and no word, such as an address that a client has put there by mistake, may be personal. */
const withoutOddities = (path: string): string => path.replace(/[^/]*[^/\w.:-][^/]*/g, '*');

const isClientGone = (error: NodeJS.ErrnoException): boolean =>
  ['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ERR_STREAM_PREMATURE_CLOSE'].includes(error.code ?? '');

async function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
