import Koa, { type Context, type Middleware } from 'koa';
import helmet from 'koa-helmet';
import { register } from 'prom-client';
import type { Log } from '../log.ts';
import { reasonOf } from '../reason.ts';
import { shareCalls } from '../shared-answer.ts';
import { observe } from './access-log.ts';
import { compress } from './compress.ts';
import { correlate } from './correlation.ts';
import { answerProblems, Problem } from './problem.ts';

/** The check of a dependency. While it fails, a needed dependency makes the role `unready`, any other `degraded`. */
interface Check {
  name: string;
  probe(): Promise<unknown>;
  needed: boolean;
}

export interface ServiceOptions {
  role: string;
  log: Log;
  checks: readonly Check[];
  middleware?: readonly Middleware[];
  /** Serves health and metrics. False on a public listener. */
  operations?: boolean;
  /** Aborted when the process starts to end: the role is then unready, so that balancers remove it. */
  ending?: AbortSignal | undefined;
}

const CHECK_TIMEOUT_MS = 3_000;

/** Builds a role's app: correlation id, request log, compression, errors, health, metrics, then `middleware`. */
export function createService({ role, log, checks, middleware = [], operations = true, ending }: ServiceOptions): Koa {
  const app = new Koa();
  app.on('error', (error: Error, ctx?: Context) => {
    if (isDisconnect(error)) return;
    log.error({ role, correlationId: ctx?.state.correlationId, err: error }, 'a request failed');
  });
  app.use(correlate);
  app.use(observe(role, log));
  app.use(helmet());
  app.use(compress);
  app.use(answerProblems);
  app.use(requireHost);
  if (operations) app.use(operationsOf(checks, ending));
  for (const each of middleware) app.use(each);
  return app;
}

interface Readiness {
  ready: boolean;
  status: string;
  checks: Record<string, string>;
  /** The reason of each failed check. */
  reasons?: Record<string, string>;
}

/** Runs all checks. `ready` means that every needed dependency is up. */
async function readiness(checks: readonly Check[]): Promise<Readiness> {
  const failures = await Promise.all(
    checks.map(({ probe }) =>
      within(CHECK_TIMEOUT_MS, probe()).then(
        () => undefined,
        (error: unknown) => error ?? new Error('no reason given'),
      ),
    ),
  );
  const states = checks.map(
    ({ name, needed }, n) => [name, !failures[n] ? 'up' : needed ? 'down' : 'degraded'] as const,
  );
  const reasons = Object.fromEntries(
    checks.flatMap(({ name }, n) => (failures[n] ? [[name, withoutCredentials(reasonOf(failures[n]))] as const] : [])),
  );
  const ready = states.every(([, state]) => state !== 'down');
  const allUp = states.every(([, state]) => state === 'up');
  return {
    ready,
    status: ready ? (allUp ? 'ready' : 'degraded') : 'unready',
    checks: Object.fromEntries(states),
    ...(!allUp && { reasons }),
  };
}

/** Leaves out the user and the password of a URL. */
const withoutCredentials = (text: string): string => text.replace(/\/\/[^\s/]*@/g, '//');

/**
 * Refuses a missing, repeated or invalid Host header (RFC 9112, 3.2). Node can do this, but gives the client no reason.
 * An absolute URL is refused too: `listen` has left it only because its host differs from the Host header.
 */
const requireHost: Middleware = async ({ req }, next) => {
  const hosts = req.rawHeaders.filter((_value, n) => n % 2 === 1 && req.rawHeaders[n - 1]!.toLowerCase() === 'host');
  if (hosts.length > 1 || (hosts.length === 0 && req.httpVersion === '1.1'))
    throw new Problem('bad-request', 'Send one Host header');
  if (hosts.some((host) => /[\s/?#@\\]/.test(host)))
    throw new Problem('bad-request', 'The Host header must be a name or an address, and may have a port');
  if (URL.canParse(req.url!))
    throw new Problem('bad-request', 'The request URL names another host than the Host header');
  await next();
};

const OPERATIONS = new Set(['/health/live', '/health/ready', '/metrics']);

function operationsOf(checks: readonly Check[], ending: AbortSignal | undefined): Middleware {
  const check = shareCalls(() => readiness(checks));
  return async (ctx, next) => {
    if (ctx.method !== 'GET' || !OPERATIONS.has(ctx.path)) return next();
    ctx.state.path = ctx.path;
    if (ctx.path === '/health/live') ctx.body = { status: 'live' };
    else if (ctx.path === '/health/ready' && ending?.aborted) {
      ctx.status = 503;
      ctx.body = { status: 'unready: ending' };
    } else if (ctx.path === '/health/ready') {
      const { ready, ...body } = await check();
      ctx.status = ready ? 200 : 503;
      ctx.body = body;
    } else {
      ctx.type = register.contentType;
      ctx.body = await register.metrics();
    }
  };
}

const isDisconnect = (error: NodeJS.ErrnoException): boolean =>
  ['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ERR_STREAM_PREMATURE_CLOSE'].includes(error.code ?? '');

async function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
