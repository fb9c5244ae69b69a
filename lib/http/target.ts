import type { IncomingMessage } from 'node:http';
import { Problem } from './problem.ts';

/** Browsers and proxies accept targets of this length. The longest documented one has less than 200 bytes. */
const TARGET_BYTES_MAX = 2 * 1024;
/** Optional headers with longer values are ignored. Browsers send at most a quarter of this. */
const HINT_BYTES_MAX = 1024;
/** Optional headers with the client's preferences. Libraries parse them, sometimes in quadratic time. */
const HINTS = ['accept', 'accept-charset', 'accept-encoding', 'accept-language'] as const;

/**
 * Refuses a request whose target is too long, before any code reads the target: long targets cost a client nothing, but
 * parsing, matching and logging them is slow. Also refuses a target that is neither a path nor a URL, because parsers
 * throw on it. Returns undefined if the target is fine.
 */
export function targetFault({ url }: IncomingMessage): Problem | undefined {
  const target = url!;
  if (target.length > TARGET_BYTES_MAX) return new Problem('uri-too-long');
  if (target.startsWith('/') || target === '*' || (/^https?:/i.test(target) && URL.canParse(target))) return undefined;
  return new Problem('bad-request', 'The target of the request must be a path, or a URL that starts with http');
}

/** Changes the request so that reading it costs an app little. */
export function normalize(request: IncomingMessage): void {
  request.url = originForm(request.url!, request.headers.host);
  for (const name of HINTS) if ((request.headers[name]?.length ?? 0) > HINT_BYTES_MAX) delete request.headers[name];
}

/**
 * A request may name an absolute URL (RFC 9112, 3.2.2). Returns the path and query of the URL. If the URL's host
 * differs from the Host header, returns the URL unchanged, and the app refuses the request.
 */
function originForm(target: string, host: string | undefined): string {
  const [, authority, rest] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(target) ?? [];
  if (rest === undefined || authority!.toLowerCase() !== host?.toLowerCase()) return target;
  return rest.startsWith('/') ? rest : `/${rest}`;
}
