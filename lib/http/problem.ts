import type { Middleware } from 'koa';
import { problemKinds } from '../../specs/generated/problems.ts';
import { databaseAdvice, databaseFault, isAway } from '../database-faults.ts';

export type ProblemKind = keyof typeof problemKinds;

export interface ProblemOptions extends ErrorOptions {
  headers?: Record<string, string>;
  /** Members beyond the standard ones, such as `orderId`. */
  members?: Record<string, unknown>;
}

/** An error that is also a response (RFC 9457). Other errors are bugs and become a 500. */
export class Problem extends Error {
  readonly kind: ProblemKind;
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly members: Record<string, unknown>;

  constructor(kind: ProblemKind, detail?: string, { headers = {}, members = {}, ...options }: ProblemOptions = {}) {
    super(detail ?? problemKinds[kind].title, options);
    this.kind = kind;
    this.status = problemKinds[kind].status;
    this.headers = headers;
    this.members = members;
  }

  toJSON() {
    const { status, title } = problemKinds[this.kind];
    return { type: `/problems/${this.kind}`, title, status, detail: this.message, ...this.members };
  }
}

/** The response while a dependency is down. It is unknown whether the request took effect; the client can repeat it. */
export const unavailable = (detail: string, cause?: unknown): Problem =>
  new Problem('unavailable', detail, { cause, headers: { 'retry-after': '1' } });

/** The response to missing or invalid credentials. */
export const unauthenticated = (): Problem =>
  new Problem('unauthenticated', 'Log in, or send a valid token', { headers: { 'www-authenticate': 'Bearer' } });

/** The outermost middleware: the only place where an error becomes a response. */
export const answerProblems: Middleware = async (ctx, next) => {
  try {
    await next();
    if (ctx.status === 404 && ctx.body == null && ctx.respond !== false)
      throw new Problem('not-found', `Nothing exists at ${ctx.path}`);
  } catch (error) {
    const problem = asProblem(error);
    // The client never sees the cause, so log it. A refusal needs no error log: the request's log line has its kind.
    if (problem.status >= 500 && problem.cause !== undefined) ctx.app.emit('error', problem.cause, ctx);
    ctx.state.problem = problem.kind;
    ctx.set(problem.headers);
    ctx.status = problem.status;
    ctx.type = 'application/problem+json';
    ctx.body = JSON.stringify({ ...problem.toJSON(), instance: ctx.path, correlationId: ctx.state.correlationId });
  }
};

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isAway(error) || databaseFault(error) === 'conflict') {
    const advice = databaseAdvice(error);
    return unavailable(
      'Part of the system did not answer. Send the same request again.',
      advice === undefined ? error : new Error(advice, { cause: error }),
    );
  }
  return new Problem('internal-error', undefined, { cause: error });
}
