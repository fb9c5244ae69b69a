import type { Context } from 'koa';

/** How the browser reached us, as the trusted proxies report it. */
export interface Site {
  proto: string;
  /** With the port, if the browser sent one. */
  host: string;
}

export interface SessionCookie {
  /** True if the request carries the cookie, even with an unusable value. */
  isSent: boolean;
  /** True if the request carries several different values: another host may have set one of them. */
  conflicts: boolean;
  /** The well-formed value, if it is the only one. It may belong to no session. */
  token: string | undefined;
}

/** 256 bits in base64url. */
const TOKEN = /^[\w-]{43}$/;

/**
 * Name of the session cookie. Browsers accept a name with the prefix only from this host itself and over TLS, so no
 * other host of the same domain can set it. Behind TLS, no other name is read.
 */
export const sessionCookieName = ({ proto }: Pick<Site, 'proto'>): string =>
  proto === 'https' ? '__Host-session_id' : 'session_id';

/** Reads all cookies with the name. Koa would return only the first one, which another host may have set. */
export function readSessionCookie(ctx: Context, site: Pick<Site, 'proto'>): SessionCookie {
  const values = new Set(valuesOf(ctx.get('cookie'), sessionCookieName(site)));
  const [value = ''] = values;
  return {
    isSent: values.size > 0,
    conflicts: values.size > 1,
    token: values.size === 1 && TOKEN.test(value) ? value : undefined,
  };
}

/** The `Set-Cookie` header that sets the session cookie or, with a lifetime of 0, deletes it. */
export const setSessionCookie = (site: Pick<Site, 'proto'>, value: string, maxAgeS: number): string =>
  `${sessionCookieName(site)}=${value}; HttpOnly; SameSite=Lax; Path=/; Max-Age=${maxAgeS}` +
  (site.proto === 'https' ? '; Secure' : '');

/** Node joins several `Cookie` headers with a semicolon. */
function valuesOf(header: string, name: string): string[] {
  return header.split(';').flatMap((pair) => {
    const at = pair.indexOf('=');
    return at > 0 && trimmed(pair.slice(0, at)) === name ? [withoutQuotes(trimmed(pair.slice(at + 1)))] : [];
  });
}

/**
 * Removes spaces and tabs only. `String.trim` also removes other white space, such as the byte A0. To a browser that
 * byte is part of the name, and any host of the domain may set a name that begins with it.
 */
function trimmed(text: string): string {
  let [start, end] = [0, text.length];
  while (isBlank(text[start])) start++;
  while (end > start && isBlank(text[end - 1])) end--;
  return text.slice(start, end);
}

const isBlank = (character: string | undefined): boolean => character === ' ' || character === '\t';

const withoutQuotes = (value: string): string => /^"(.*)"$/.exec(value)?.[1] ?? value;
