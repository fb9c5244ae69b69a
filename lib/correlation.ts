import { randomUUID } from 'node:crypto';
import type { Middleware } from 'koa';

/** A token that may stand in a log line, a header of an event and a search, unchanged. */
const SANE = /^[\w.:-]{1,100}$/;
const TRACEPARENT = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/;

/** Gives each request one id that every part of the system repeats: the client's own where it sent a sane one, a new one otherwise. */
export const correlate: Middleware = (ctx, next) => {
  const sent = ctx.get('x-correlation-id');
  ctx.state['correlationId'] = SANE.test(sent) ? sent : randomUUID();
  ctx.set('x-correlation-id', ctx.state['correlationId'] as string);
  const traceparent = ctx.get('traceparent');
  if (TRACEPARENT.test(traceparent)) ctx.state['traceparent'] = traceparent;
  return next();
};

/** The headers by which a role ties what it asks of another one to the request that this follows from. */
export const originHeaders = ({
  correlationId,
  traceparent,
}: {
  correlationId: string;
  traceparent?: string | undefined;
}): Record<string, string> => ({
  'x-correlation-id': correlationId,
  ...(traceparent !== undefined && { traceparent }),
});
