import type { Call } from './api.ts';
import { Problem } from './problem.ts';

/** Answers with a body. `replayed` says that the request had been answered before, and that nothing has happened now. */
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

/** The request's `Idempotency-Key`, lower-cased and without quotes, where the document requires one. */
export const idempotencyKey = (call: Call): string => optionalIdempotencyKey(call)!;

/** The request's `Idempotency-Key`, or undefined. The document has checked that it is a UUID. */
export const optionalIdempotencyKey = (call: Call): string | undefined =>
  call.header('idempotency-key')?.replaceAll('"', '').toLowerCase();

const LIMIT_DEFAULT = 20;

/** Which page of a list is asked for. `before` is the number that the page before it ended with. */
export function pageOf({ query }: Call): { limit: number; before: number | undefined } {
  return {
    limit: (query['limit'] as number | undefined) ?? LIMIT_DEFAULT,
    before: query['before'] as number | undefined,
  };
}

/** Says where the next page is. `before` is undefined on the last one. */
export function nextPage({ ctx, query }: Call, before: number | string | undefined): void {
  if (before === undefined) return;
  const search = new URLSearchParams({ ...(query as Record<string, string>), before: String(before) });
  ctx.set('link', `<${ctx.path}?${search}>; rel="next"`);
}

/** Of what was read one further than a page goes: the page. Says where the next one is, if there is one. */
export function firstPage<Row>(
  call: Call,
  found: readonly Row[],
  limit: number,
  numberOf: (row: Row) => number | string,
): Row[] {
  const page = found.slice(0, limit);
  nextPage(call, found.length > limit ? numberOf(page.at(-1)!) : undefined);
  return page;
}

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

/** The id in the path, lower-cased. One that is no UUID names nothing, and is answered like one that does not exist. */
export function idParam({ params }: Call, name: string, missing: Problem): string {
  const id = params[name] ?? '';
  if (!UUID.test(id)) throw missing;
  return id.toLowerCase();
}
