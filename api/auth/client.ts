import type { Context, Middleware } from 'koa';
import { Counter } from 'prom-client';
import type { ClientReader } from '../../lib/http/forwarded.ts';
import { SERVICE_TOKEN_HEADER, type ServiceTokenVerifier } from '../../lib/http/service-tokens.ts';

export interface ClientPorts {
  /** Believes the trusted proxies. */
  clientOf: ClientReader;
  /** Verifies the gateway's token. */
  serviceTokens: Pick<ServiceTokenVerifier, 'verify'>;
}

const GATEWAY = 'gateway';
/**
 * A gateway uses a token for 30 s. Verifying its signature at each request would cost more than the rest of the
 * request.
 */
const VERIFY_AGAIN_AFTER_MS = 5_000;
/** Higher than the number of gateways in any installation. */
const KNOWN_TOKENS_MAX = 1_000;

const refused = new Counter({
  name: 'auth_gateway_tokens_refused_total',
  help: 'Requests with a service token that is not a valid token of the gateway for auth',
});

/**
 * Determines the client's address, protocol, host and method. Believes `X-Forwarded-*` from trusted proxies and from
 * the gateway, which identifies itself with a token. For any other peer, only the connection itself counts, so no
 * client can choose the address to which limits apply.
 */
export function identifyClient({ clientOf, serviceTokens }: ClientPorts): Middleware {
  const isGateway = createGatewayCheck(serviceTokens);
  return async (ctx, next) => {
    ctx.state.client ??= clientOf(ctx, await isGateway(ctx));
    await next();
  };
}

function createGatewayCheck({ verify }: ClientPorts['serviceTokens']): (ctx: Context) => Promise<boolean> {
  const verifiedAtMs = new Map<string, number>();
  return async (ctx) => {
    const token = ctx.get(SERVICE_TOKEN_HEADER);
    if (!token) return false;
    const ageMs = Date.now() - (verifiedAtMs.get(token) ?? -Infinity);
    if (ageMs >= 0 && ageMs < VERIFY_AGAIN_AFTER_MS) return true;
    verifiedAtMs.delete(token);
    if ((await verify(token)) !== GATEWAY) {
      refused.inc();
      return false;
    }
    if (verifiedAtMs.size >= KNOWN_TOKENS_MAX) verifiedAtMs.clear();
    verifiedAtMs.set(token, Date.now());
    return true;
  };
}
