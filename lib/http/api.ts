import addFormats from 'ajv-formats';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Context, Middleware } from 'koa';
import { OpenAPIValidator, type Document, type Operation } from 'openapi-backend';
import type { operations } from '../../specs/http.ts';
import { readBody } from './body.ts';
import { explainInvalid } from './invalid.ts';
import { Problem, unauthenticated } from './problem.ts';
import { createRouteTable, type Route } from './route-table.ts';
import type { Caller, TokenVerifier } from './tokens.ts';

/** A request that passed its operation's schema, from an authorized caller. */
export interface AnyCall {
  readonly operationId: string;
  /** Undefined only for operations open to everyone. */
  readonly caller: Caller | undefined;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  header(name: string): string | undefined;
  readonly body: unknown;
  readonly correlationId: string;
  /** W3C Trace Context. */
  readonly traceparent: string | undefined;
  readonly ctx: Context;
}

type OperationId = keyof operations;
type InputOf<Op extends OperationId, In extends string> = operations[Op]['parameters'] extends {
  [Place in In]?: infer Found;
}
  ? [Found] extends [never] | [undefined]
    ? Readonly<Record<string, never>>
    : NonNullable<Found>
  : never;
type Body<Op extends OperationId> = operations[Op] extends {
  requestBody: { content: { 'application/json': infer Json } };
}
  ? Json
  : unknown;

/** A call of one operation, typed by its contract. */
export interface Call<Op extends OperationId> extends AnyCall {
  readonly operationId: Op;
  readonly params: InputOf<Op, 'path'>;
  readonly query: InputOf<Op, 'query'>;
  readonly body: Body<Op>;
}

/** One handler for each of these operations. */
export type Handlers<Op extends OperationId> = { readonly [O in Op]: (call: Call<O>) => Promise<void> };

/**
 * A handler of any operation. The parameter is typed `never`, so a call needs a cast: only code that has validated the
 * request may cast.
 */
type AnyHandler = (call: never) => Promise<void>;

export interface ApiPorts {
  /** Bundled OpenAPI, for routing and validation. */
  document: Document;
  tag: string;
  handlers: Readonly<Record<string, AnyHandler>>;
  verify: TokenVerifier;
}

/**
 * Serves the operations with this tag; other paths go to the next middleware. Checks in the contract's order: caller,
 * media type, size, schema. Every refusal is a Problem.
 */
export function serveApi({ document, tag, handlers, verify }: ApiPorts): Middleware {
  const served = onlyTag(document, tag);
  const routes = createRouteTable(served);
  const validator = new OpenAPIValidator({
    definition: served,
    coerceTypes: true,
    lazyCompileValidators: true,
    customizeAjv: draft2020 as never,
  });
  // Only tests validate responses, so compile just the request validators, before the first request.
  validator.preCompileRequestValidators();
  const missing = validator.router.getOperations().filter(({ operationId }) => !handlers[operationId!]);
  if (missing.length > 0) throw new Error(`No handler for ${missing.map(({ operationId }) => operationId).join(', ')}`);

  return async (ctx, next) => {
    const match = routes(ctx.method, ctx.path, ctx.state);
    if (!match) return next();
    const { route, params } = match;
    const { operationId } = route;
    ctx.state.operation = operationId;

    const caller = await authenticate(route, ctx, verify);
    ctx.state.callerId = caller?.kind === 'service' ? caller.name : caller?.id;
    // Shared caches must not store a response that only this caller may see.
    if (caller) ctx.set('cache-control', 'private, no-cache');
    const body = await readBody(ctx, route.media);
    const request = {
      method: ctx.method,
      path: ctx.path,
      query: ctx.querystring,
      headers: ctx.headers as Record<string, string>,
      body,
    };
    const { errors, coerced } = validator.validateRequest(request, operationId);
    if (errors) throw explainInvalid(errors);

    const call: AnyCall = {
      operationId,
      caller,
      params,
      query: (coerced?.query ?? {}) as Record<string, unknown>,
      header: (name) => ctx.get(name) || undefined,
      body,
      ...originOf(ctx),
      ctx,
    };
    // The validator has checked everything that the type of this operation's call promises.
    await handlers[operationId]!(call as never);
  };
}

const originOf = ({ state }: Context) => ({
  correlationId: state.correlationId,
  traceparent: state.traceparent,
});

/** Returns the calling buyer's id. If the caller is not a buyer, the OpenAPI document has a bug. */
export function buyer({ caller, operationId }: AnyCall): string {
  if (caller?.kind !== 'user') throw new Error(`${operationId} is for buyers, but its document lets other callers in`);
  return caller.id;
}

/** OpenAPI 3.1 uses JSON Schema 2020-12. Parameters arrive as text and are coerced; bodies are not. */
function draft2020(_old: unknown, options: { coerceTypes?: boolean }) {
  const ajv = new Ajv2020({ strict: false, allErrors: true, coerceTypes: options.coerceTypes ?? false });
  addFormats.default(ajv);
  return ajv;
}

/** Drops the other roles' operations, so that no validators are compiled for them. */
export function onlyTag(document: Document, tag: string): Document {
  const paths = Object.entries(document.paths ?? {}).map(([path, item]) => [
    path,
    Object.fromEntries(
      Object.entries(item ?? {}).filter(([, part]) => {
        const { tags } = part as Partial<Operation>;
        return !tags || tags.includes(tag);
      }),
    ),
  ]);
  return { ...document, paths: Object.fromEntries(paths) };
}

/**
 * Returns the caller, or undefined for an operation without `security`, which is open to everyone. Refuses callers that
 * the document does not permit.
 */
async function authenticate(
  { callers, roles }: Route,
  ctx: Context,
  verify: TokenVerifier,
): Promise<Caller | undefined> {
  if (callers.length === 0) return undefined;
  const [, token] = /^Bearer ([\w.~+/-]+=*)$/i.exec(ctx.get('authorization')) ?? [];
  const caller = token ? await verify(token) : undefined;
  if (!caller) throw unauthenticated();
  if (!callers.includes(caller.kind))
    throw new Problem('forbidden', `A ${caller.kind === 'user' ? 'buyer' : 'service'} may not use this operation`);
  if (caller.kind === 'service' && !roles.includes(caller.name))
    throw new Problem('forbidden', `The role ${caller.name} may not use this operation`);
  return caller;
}
