import type { Call } from './api.ts';
import { Problem } from './problem.ts';

/** Sends a response. `replayed` marks the result of an earlier identical request. */
export function present(
  { ctx }: Call,
  status: number,
  body: unknown,
  { replayed = false, headers = {} }: { replayed?: boolean; headers?: Record<string, string> } = {},
): void {
  ctx.status = status;
  ctx.set(headers);
  if (replayed) ctx.set('idempotent-replayed', 'true');
  ctx.body = body;
}

/** For operations that require a key. */
export const idempotencyKey = (call: Call): string => optionalIdempotencyKey(call)!;

/** Lower-cased, without quotes. Validation has checked that the key is a UUID. */
export const optionalIdempotencyKey = (call: Call): string | undefined =>
  call.header('idempotency-key')?.replaceAll('"', '').toLowerCase();

const LIMIT_DEFAULT = 20;

/** `before` is the last number on the previous page. */
export function pageParams({ query }: Call): { limit: number; before: number | undefined } {
  return {
    limit: (query['limit'] as number | undefined) ?? LIMIT_DEFAULT,
    before: query['before'] as number | undefined,
  };
}

/** Links the next page, unless `before` is undefined. */
export function setNextLink({ ctx, query }: Call, before: number | string | undefined): void {
  if (before === undefined) return;
  const search = new URLSearchParams({ ...(query as Record<string, string>), before: String(before) });
  ctx.set('link', `<${ctx.path}?${search}>; rel="next"`);
}

/** Returns one page; links the next if `found` has more rows than `limit`. */
export function takePage<Row>(
  call: Call,
  found: readonly Row[],
  limit: number,
  numberOf: (row: Row) => number | string,
): Row[] {
  const page = found.slice(0, limit);
  setNextLink(call, found.length > limit ? numberOf(page.at(-1)!) : undefined);
  return page;
}

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

/** The path's UUID, lower-cased. Anything else throws `missing`, like an unknown id. */
export function idParam({ params }: Call, name: string, missing: Problem): string {
  const id = params[name] ?? '';
  if (!UUID.test(id)) throw missing;
  return id.toLowerCase();
}
