import type { JSONWebKeySet } from 'jose';
import type { Middleware } from 'koa';

/** Serves the public half of the gateway's key, for `SERVICE_JWKS`. */
export const publishKeys =
  (keys: JSONWebKeySet): Middleware =>
  async (ctx, next) => {
    if (ctx.path !== '/.well-known/jwks.json' || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) return next();
    ctx.body = keys;
  };
