import { isIP } from 'node:net';
import type { Context, Middleware } from 'koa';
import { Problem } from './problem.ts';
import { readSessionCookie, sessionCookieName, setSessionCookie, type Site } from './session-cookie.ts';

/** These limits keep the response's headers small, because proxies refuse large ones. */
const COOKIES_MAX = 24;
const DOMAINS_MAX = 4;
const PATH_LENGTH_MAX = 100;

/**
 * Deletes session cookies that another host of the same domain may have set. Does so in two cases: a request is refused
 * because it carries several different session cookies, or a response sets or deletes the session cookie. In the second
 * case, a browser would otherwise keep sending the others. Must come before all middleware that reads the cookie.
 */
export const clearPlantedCookies =
  (siteOf: (ctx: Context) => Site): Middleware =>
  async (ctx, next) => {
    const site = siteOf(ctx);
    const { isSent, conflicts } = readSessionCookie(ctx, site);
    if (!isSent) return next();
    try {
      await next();
    } catch (error) {
      if (conflicts && error instanceof Problem && error.kind === 'unauthenticated') addDeletions(ctx, site);
      throw error;
    }
    if (setCookiesOf(ctx, site).length > 0 || (conflicts && ctx.status === 401)) addDeletions(ctx, site);
  };

/** Adds the deletions that the response lacks. Leaves out the cookie that the response itself sets or deletes. */
function addDeletions(ctx: Context, site: Site): void {
  const present = setCookiesOf(ctx, site);
  const deletions = deletionsOf(site, ctx.path).slice(present.length > 0 ? 1 : 0);
  const missing = deletions.filter((deletion) => !present.includes(deletion));
  if (missing.length > 0) ctx.append('set-cookie', missing);
  ctx.set('cache-control', 'no-store');
}

/** The response's headers that set or delete the session cookie. */
function setCookiesOf(ctx: Context, site: Site): string[] {
  const headers = [ctx.res.getHeader('set-cookie') ?? []].flat().map(String);
  return headers.filter((header) => header.startsWith(`${sessionCookieName(site)}=`));
}

/**
 * A browser deletes a cookie only if name, domain and path match. The request reveals neither domain nor path, so the
 * headers name all that are possible, our own first. A cookie with the prefix `__Host-` has no domain and only the path
 * `/`.
 */
function deletionsOf(site: Site, path: string): string[] {
  const own = setSessionCookie(site, '', 0);
  if (site.proto === 'https') return [own];
  const domains = ['', ...domainsOf(site.host).map((domain) => `; Domain=${domain}`)];
  return pathsOf(path)
    .flatMap((each) => domains.map((domain) => own.replace('; Path=/;', `; Path=${each};`) + domain))
    .slice(0, COOKIES_MAX);
}

/**
 * The host and the domains above it. Browsers ignore a deletion for a domain that may have no cookies, such as `co.uk`.
 */
function domainsOf(host: string): string[] {
  const name = URL.parse(`http://${host}`)?.hostname ?? '';
  const labels = name.split('.');
  if (isIP(name) !== 0 || name.startsWith('[') || labels.includes('')) return [];
  return labels
    .slice(0, -1)
    .map((_label, n) => labels.slice(n).join('.'))
    .slice(-DOMAINS_MAX);
}

/** The paths whose cookies a browser sends with this request. */
function pathsOf(path: string): string[] {
  if (path.length > PATH_LENGTH_MAX || !/^[\w.~%/-]*$/.test(path)) return ['/'];
  const above = [...path.matchAll(/\//g)].flatMap(({ index }) => [path.slice(0, index), path.slice(0, index + 1)]);
  return [...new Set(['/', ...above, path])].filter(Boolean);
}
