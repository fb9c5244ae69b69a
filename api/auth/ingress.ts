import type { Middleware } from 'koa';

/** Auth's API as an ingress may publish it. No response has a token in its headers: a page's script could read it there. */
export const authIngressApi = (api: readonly Middleware[]): Middleware[] => [
  async (ctx, next) => {
    try {
      await next();
    } finally {
      ctx.remove('authorization');
    }
  },
  ...api,
];
