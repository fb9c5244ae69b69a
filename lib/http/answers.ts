import type { AnyCall } from './api.ts';
import { Problem } from './problem.ts';

/** Sends a response. `replayed` marks the result of an earlier identical request. */
export function present(
  { ctx }: AnyCall,
  status: number,
  body: unknown,
  { replayed = false, headers = {} }: { replayed?: boolean; headers?: Record<string, string> } = {},
): void {
  ctx.status = status;
  ctx.set(headers);
  if (replayed) ctx.set('idempotent-replayed', 'true');
  ctx.body = body;
}

/** Only for operations that require a key, where validation has refused every request without one. */
export const idempotencyKey = (call: AnyCall): string => optionalIdempotencyKey(call)!;

/** Lower-cased, without quotes. Validation has checked that the key is a UUID. */
export const optionalIdempotencyKey = (call: AnyCall): string | undefined =>
  call.header('idempotency-key')?.replaceAll('"', '').toLowerCase();

const LIMIT_DEFAULT = 20;

/** `before` is the last number on the previous page. */
export const pageParams = <Before>({ query }: { query: { limit?: number; before?: Before } }) => ({
  limit: query.limit ?? LIMIT_DEFAULT,
  before: query.before,
});

/** Links the next page, unless `before` is undefined. */
export function setNextLink({ ctx, query }: AnyCall, before: number | string | undefined): void {
  if (before === undefined) return;
  const search = new URLSearchParams({ ...(query as Record<string, string>), before: String(before) });
  ctx.set('link', `<${ctx.path}?${search}>; rel="next"`);
}

/** Returns one page; links the next if `found` has more rows than `limit`. */
export function takePage<Row>(
  call: AnyCall,
  found: readonly Row[],
  limit: number,
  numberOf: (row: Row) => number | string,
): Row[] {
  const page = found.slice(0, limit);
  setNextLink(call, found.length > limit ? numberOf(page.at(-1)!) : undefined);
  return page;
}

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

/** Returns the UUID in the path, lower-cased. A malformed id throws `missing`, as an unknown id does. */
export function idParam({ params }: AnyCall, name: string, missing: Problem): string {
  const id = params[name] ?? '';
  if (!UUID.test(id)) throw missing;
  return id.toLowerCase();
}
