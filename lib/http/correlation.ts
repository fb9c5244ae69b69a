import { randomUUID } from 'node:crypto';
import type { Middleware } from 'koa';

/**
 * A UUID, or up to 64 hex digits, such as a trace id. Any other text is not accepted, because it may be personal data,
 * which would get into logs.
 */
const CORRELATION_ID = /^(?:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|[\da-f]{1,64})$/i;
/** W3C Trace Context. Version `ff` and ids of zeros are invalid. */
const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/;

/** The client's id if it is valid, else a new one. */
export const correlationIdOf = (sent: string | undefined): string =>
  sent !== undefined && CORRELATION_ID.test(sent) ? sent : randomUUID();

/** Gives each request an id that every role passes on, and keeps a valid trace context. */
export const correlate: Middleware = (ctx, next) => {
  ctx.state.correlationId = correlationIdOf(ctx.get('x-correlation-id'));
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
