/**
 * True if `If-None-Match` names the tag. By RFC 9110, each tag of the list is compared weakly, and `*` matches any tag.
 * Koa's `ctx.fresh` is not used, because it is never true for a request with `cache-control: no-cache`, and Node's
 * fetch adds that header.
 */
export const matchesTag = (ifNoneMatch: string | undefined, etag: string): boolean =>
  ifNoneMatch !== undefined &&
  (ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag));
