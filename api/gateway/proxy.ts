import type { Context, Middleware } from 'koa';
import { untilGone } from '../../lib/gone.ts';
import { Problem, unauthenticated } from '../../lib/problem.ts';
import { bearerToken, saysService } from '../../lib/tokens.ts';
import { readWhole } from './body.ts';
import type { Client } from './client.ts';
import { refuseCrossSite } from './cross-site.ts';
import { answerHeaders, askedHeaders, ownHeaders, sessionCookie } from './headers.ts';
import type { createRouteTable, Route } from './route-table.ts';
import { authorizationOf } from './session.ts';
import { unanswered, type Answer, type Upstreams } from './upstreams.ts';

export interface ProxyPorts {
  upstreams: Upstreams;
  routes: ReturnType<typeof createRouteTable>;
  clientOf: (ctx: Context) => Client;
}

/** The operations that the gateway serves itself. */
export const OWN_ROLE = 'gateway';

/** Takes a request to the role that serves its operation, and the answer back. A path that no operation has, or that is the gateway's own, goes on. */
export const proxy =
  ({ upstreams, routes, clientOf }: ProxyPorts): Middleware =>
  async (ctx, next) => {
    const route = routeOf(ctx, routes);
    if (!route || route.role === OWN_ROLE) return next();
    ctx.state['operation'] = route.operationId;

    const client = clientOf(ctx);
    refuseCrossSite(ctx, route, client.host);
    const headers = ownHeaders(ctx, client);
    const identity = await identityOf(ctx, route, upstreams, headers);
    const body = await readWhole(ctx, route);

    const answer = await upstreams.ask(route.role, {
      method: ctx.method,
      path: ctx.req.url!,
      headers: { ...askedHeaders(ctx), ...headers, ...identity },
      body,
      signal: untilGone(ctx),
    });
    await passOn(ctx, answer);
  };

/** The raw target is looked up and passed on, so that nothing can mean one path here and another one there. Node lets through no character that would have to be escaped. */
function routeOf(ctx: Context, routes: ProxyPorts['routes']): Route | undefined {
  const [path] = ctx.req.url!.split('?') as [string];
  const match = routes(ctx.method, path);
  if (!match) return undefined;
  if ('allow' in match)
    throw new Problem('method-not-allowed', `${path} answers ${match.allow}`, { headers: { allow: match.allow } });
  return match.route;
}

/** Who calls. Whoever says nothing is refused before the body is read, as the contract's order of checks has it. */
async function identityOf(
  ctx: Context,
  route: Route,
  upstreams: Upstreams,
  headers: Record<string, string>,
): Promise<Record<string, string>> {
  // To auth it matters which of the caller's sessions it is.
  const session = route.role === 'auth' ? sessionCookie(ctx) : {};
  if (route.operationId === WHO_IS_THIS) return { ...session, ...bearerOf(ctx) };
  if (!route.guarded) return session;
  const authorization = await authorizationOf(ctx, upstreams, headers);
  if (!authorization) throw unauthenticated();
  return { ...session, authorization };
}

/** The one operation that is to find out who calls. */
const WHO_IS_THIS = 'forwardAuth';

function bearerOf(ctx: Context): Record<string, string> {
  const bearer = bearerToken(ctx.get('authorization'));
  return bearer && !saysService(bearer) ? { authorization: `Bearer ${bearer}` } : {};
}

/** Answers what the service said. A stream of events flows on as it comes; anything else is awaited whole, so that half an answer becomes a 502. */
async function passOn(ctx: Context, { status, headers, body }: Answer): Promise<void> {
  const streams = headers['content-type']?.startsWith('text/event-stream');
  // Nobody may be there to read it: a client that asked for headers only, or has gone. What breaks then is no fault.
  if (streams) body.on('error', () => {});
  const whole = streams
    ? body
    : await body.arrayBuffer().then(Buffer.from, (error: unknown) => Promise.reject(unanswered(error)));
  // Before the status and the headers: setting a body to null changes both.
  ctx.body = Buffer.isBuffer(whole) && whole.length === 0 ? null : whole;
  ctx.status = status;
  answerHeaders(ctx, headers);
}
