/**
 * Whether `If-None-Match` names the tag: RFC 9110 compares weakly with each tag of the list, and `*` matches any. Does not
 * use Koa's `ctx.fresh`, which is never true for a request with `cache-control: no-cache`. Node's fetch adds that header.
 */
export const matchesTag = (ifNoneMatch: string | undefined, etag: string): boolean =>
  ifNoneMatch !== undefined &&
  (ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag));
