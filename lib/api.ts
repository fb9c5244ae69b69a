import addFormats from 'ajv-formats';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Context, Middleware } from 'koa';
import { OpenAPIRouter, OpenAPIValidator, type Document, type Operation } from 'openapi-backend';
import { readBody } from './body.ts';
import { Problem, unauthenticated } from './problem.ts';
import { explainInvalid } from './invalid.ts';
import type { Caller, TokenVerifier } from './tokens.ts';

/** What a handler works with: a request that its operation's document allows, from a caller that its operation allows. */
export interface Call {
  readonly operationId: string;
  /** Who asks. Absent only where the operation is open to anybody. */
  readonly caller: Caller | undefined;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  /** The header's value, or undefined when it was not sent. */
  header(name: string): string | undefined;
  readonly body: unknown;
  readonly correlationId: string;
  /** The trace that the request belongs to (W3C Trace Context), if its client sent one. */
  readonly traceparent: string | undefined;
  readonly ctx: Context;
}

export type Handler = (call: Call) => Promise<void>;

export interface ApiPorts {
  /** The bundled OpenAPI document: it routes and it validates. */
  document: Document;
  /** The operations that carry this tag are served, each by the handler of its operation id. */
  tag: string;
  handlers: Readonly<Record<string, Handler>>;
  verify: TokenVerifier;
}

/**
 * Serves the operations of one tag. Checks in the order that the contract fixes: caller, media type, size, schema; whatever a
 * handler then checks comes after. Anything it refuses is a Problem. A path that is not of this tag goes on to the next middleware.
 */
export function serveApi({ document, tag, handlers, verify }: ApiPorts): Middleware {
  const served = onlyTag(document, tag);
  const router = new OpenAPIRouter({ definition: served, apiRoot: '/' });
  const validator = new OpenAPIValidator({
    definition: served,
    router,
    coerceTypes: true,
    lazyCompileValidators: true,
    customizeAjv: draft2020 as never,
  });
  // Answers are validated by the tests, so only what judges requests is compiled, and before the first of them comes.
  validator.preCompileRequestValidators();
  const missing = router.getOperations().filter(({ operationId }) => !handlers[operationId ?? '']);
  if (missing.length > 0) throw new Error(`No handler for ${missing.map(({ operationId }) => operationId).join(', ')}`);

  return async (ctx, next) => {
    const operation = route(router, ctx);
    if (!operation) return next();
    const operationId = operation.operationId!;
    ctx.state['operation'] = operationId;

    const caller = await authenticate(operation, ctx, verify);
    ctx.state['callerId'] = caller?.kind === 'service' ? caller.name : caller?.id;
    // What somebody may see is not kept for others by what stands in between.
    if (caller) ctx.set('cache-control', 'private, no-cache');
    const body = await readBody(ctx, operation);
    const request = {
      method: ctx.method,
      path: ctx.path,
      query: ctx.querystring,
      headers: ctx.headers as Record<string, string>,
      body,
    };
    const { errors, coerced } = validator.validateRequest(request, operation);
    if (errors) throw explainInvalid(errors);

    await handlers[operationId]!({
      operationId,
      caller,
      params: router.parseRequest(request, operation).params as Record<string, string>,
      query: (coerced?.query ?? {}) as Record<string, unknown>,
      header: (name) => ctx.get(name) || undefined,
      body,
      correlationId: ctx.state['correlationId'] as string,
      traceparent: ctx.state['traceparent'] as string | undefined,
      ctx,
    });
  };
}

/** The buyer who calls. Only for operations that are a buyer's alone: another caller there is a mistake in the document. */
export function buyer({ caller, operationId }: Call): string {
  if (caller?.kind !== 'user') throw new Error(`${operationId} was reached by something that is not a buyer`);
  return caller.id;
}

/** An Ajv for JSON Schema 2020-12, which OpenAPI 3.1 speaks. Parameters arrive as text and are coerced; a body is taken as it is. */
function draft2020(_old: unknown, options: { coerceTypes?: boolean }) {
  const ajv = new Ajv2020({ strict: false, allErrors: true, coerceTypes: options.coerceTypes ?? false });
  addFormats.default(ajv);
  return ajv;
}

function onlyTag(document: Document, tag: string): Document {
  const paths = Object.entries(document.paths ?? {}).map(([path, item]) => [
    path,
    Object.fromEntries(
      Object.entries(item ?? {}).filter(
        ([, operation]) => !(operation as Operation).tags || (operation as Operation).tags!.includes(tag),
      ),
    ),
  ]);
  const verbs = (item: object) => Object.values(item).some((operation) => (operation as Operation)?.operationId);
  return { ...document, paths: Object.fromEntries(paths.filter(([, item]) => verbs(item as object))) };
}

function route(router: OpenAPIRouter, ctx: Context): Operation | undefined {
  if (!isText(ctx.path))
    throw new Problem('not-found', 'There is nothing at this path: its percent-encoding is not UTF-8');
  const request = { method: ctx.method === 'HEAD' ? 'GET' : ctx.method, path: ctx.path, headers: {} };
  const operation = router.matchOperation(request);
  if (operation) return operation;
  const allowed = ['GET', 'POST', 'PUT', 'DELETE'].filter((method) => router.matchOperation({ ...request, method }));
  if (allowed.length === 0) return undefined;
  throw new Problem('method-not-allowed', `${ctx.path} answers ${allowed.join(', ')}`, {
    headers: { allow: allowed.join(', ') },
  });
}

function isText(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** Who calls, if the operation's `security` lets them in. An operation without `security` is open, and nobody is looked for. */
async function authenticate(operation: Operation, ctx: Context, verify: TokenVerifier): Promise<Caller | undefined> {
  const schemes = (operation.security ?? []).flatMap((requirement) => Object.keys(requirement));
  if (schemes.length === 0) return undefined;
  const [, token] = /^Bearer ([\w.~+/-]+=*)$/i.exec(ctx.get('authorization')) ?? [];
  const caller = token ? await verify(token) : undefined;
  if (!caller) throw unauthenticated();
  if (!schemes.includes(caller.kind))
    throw new Problem('forbidden', `This is not for a ${caller.kind === 'user' ? 'buyer' : 'service'} to ask`);
  return caller;
}
