import { randomUUID } from 'node:crypto';
import type { Middleware } from 'koa';

/** Safe to copy into logs, event headers and searches. */
const SAFE_ID = /^[\w.:-]{1,100}$/;
const TRACEPARENT = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/;

/** Gives each request an id that every role passes on: the client's if it is safe, else a new one. */
export const correlate: Middleware = (ctx, next) => {
  const sent = ctx.get('x-correlation-id');
  ctx.state.correlationId = SAFE_ID.test(sent) ? sent : randomUUID();
  ctx.set('x-correlation-id', ctx.state.correlationId);
  const traceparent = ctx.get('traceparent');
  if (TRACEPARENT.test(traceparent)) ctx.state.traceparent = traceparent;
  return next();
};

/** Headers that tie a role's request to the request that caused it. */
export const correlationHeaders = ({
  correlationId,
  traceparent,
}: {
  correlationId: string;
  traceparent?: string | undefined;
}): Record<string, string> => ({
  'x-correlation-id': correlationId,
  ...(traceparent !== undefined && { traceparent }),
});
