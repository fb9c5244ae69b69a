import type { Client } from './forwarded.ts';

/** What the middleware knows of a request. The access log writes these facts; responses use some. */
export interface RequestState {
  correlationId: string;
  /** W3C Trace Context, if the client sent one. */
  traceparent?: string;
  operation?: string;
  /** Known only in auth. */
  client?: Client;
  /** What the access log shows of the path, without anything that a client may have put there. */
  path?: string;
  /** A buyer's id or a role's name. */
  callerId?: string | undefined;
  orderId?: string | undefined;
  /** The kind of problem in the response. */
  problem?: string;
}

declare module 'koa' {
  // Koa's own way to type `ctx.state` in every middleware.
  interface DefaultState extends RequestState {}
}
