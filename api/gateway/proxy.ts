import type { Context, Middleware } from 'koa';
import { refuseCrossSite } from '../../lib/http/cross-site.ts';
import { responseClosedSignal } from '../../lib/http/disconnect.ts';
import type { ClientReader } from '../../lib/http/forwarded.ts';
import { unauthenticated } from '../../lib/http/problem.ts';
import type { Route, RouteTable } from '../../lib/http/route-table.ts';
import { claimsToBeService } from '../../lib/http/service-tokens.ts';
import { bearerToken } from '../../lib/http/tokens.ts';
import { readBody } from './body.ts';
import { copyResponseHeaders, requestHeaders, gatewayHeaders, sessionCookie } from './headers.ts';
import { ownTokenRefused } from './own-token.ts';
import { authorizationOf, type AuthorizationPorts } from './session.ts';
import { noResponseProblem, type UpstreamResponse, type Upstreams } from './upstreams.ts';

export interface ProxyPorts {
  upstreams: Upstreams;
  routes: RouteTable;
  clientOf: ClientReader;
}

const GATEWAY_ROLE = 'gateway';

/**
 * Forwards a request to the role that serves it. Unknown paths and the gateway's own paths go to the next middleware.
 * Proxy packages forward undocumented paths and headers too, and some retry. This proxy forwards only what is
 * documented, and each request once.
 */
export const proxy =
  ({ upstreams, routes, clientOf }: ProxyPorts): Middleware =>
  async (ctx, next) => {
    // The raw path, because exactly this path is forwarded. Node rejects characters that would need escaping.
    const route = routes(ctx.method, ctx.req.url!.split('?')[0]!, ctx.state)?.route;
    if (!route || route.role === GATEWAY_ROLE) return next();
    ctx.state.operation = route.operationId;

    const client = clientOf(ctx);
    refuseCrossSite(ctx, route, client);
    const headers = gatewayHeaders(ctx, client);
    const session = sessionCookie(ctx, client);
    const { isFresh, ...identity } = await identityOf(ctx, route, { upstreams, headers, session });
    const body = await readBody(ctx, route);

    const response = await upstreams.request(route.role, {
      method: ctx.method,
      path: ctx.req.url!,
      headers: { ...requestHeaders(ctx), ...headers, ...identity },
      body,
      signal: responseClosedSignal(ctx),
    });
    if (isFresh && response.status === 401) {
      await response.body.dump();
      throw ownTokenRefused(route.role);
    }
    await forwardResponse(ctx, response);
  };

interface Identity {
  cookie?: string;
  authorization?: string;
  /** True for a token that auth has just issued. */
  isFresh?: boolean;
}

/** Headers that identify the caller. Rejects an anonymous caller before the body is read: the contract says so. */
async function identityOf(ctx: Context, route: Route, ports: AuthorizationPorts): Promise<Identity> {
  // Auth needs to know which of the caller's sessions this is.
  const session = route.role === 'auth' ? ports.session : {};
  if (route.operationId === FORWARD_AUTH) return { ...session, ...bearerOf(ctx) };
  if (route.callers.length === 0) return session;
  const authorization = await authorizationOf(ctx, ports);
  if (!authorization) throw unauthenticated();
  return { ...session, ...authorization };
}

/** This operation verifies the caller's token itself. */
const FORWARD_AUTH = 'forwardAuth';

function bearerOf(ctx: Context): Record<string, string> {
  const bearer = bearerToken(ctx.get('authorization'));
  return bearer && !claimsToBeService(bearer) ? { authorization: `Bearer ${bearer}` } : {};
}

/** Reads the response completely before forwarding it, so a truncated one becomes a 502. Event streams are piped. */
async function forwardResponse(ctx: Context, { status, headers, body }: UpstreamResponse): Promise<void> {
  const streams = headers['content-type']?.startsWith('text/event-stream');
  // The stream breaks if the client sent HEAD or has disconnected. That is no error.
  if (streams) body.on('error', () => {});
  const content = streams
    ? body
    : await body.arrayBuffer().then(Buffer.from, (error: unknown) => Promise.reject(noResponseProblem(error)));
  // Set the body first: Koa changes status and headers when the body is null.
  ctx.body = Buffer.isBuffer(content) && content.length === 0 ? null : content;
  ctx.status = status;
  copyResponseHeaders(ctx, headers);
}
