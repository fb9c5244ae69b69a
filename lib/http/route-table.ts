import type { Document, Operation } from 'openapi-backend';
import { loggedPath } from './access-log.ts';
import { mediaOf } from './body.ts';
import { Problem } from './problem.ts';

/** A documented operation. */
export interface Route {
  operationId: string;
  role: string;
  /** The kinds of caller that may use the operation; empty if it is open to everyone. */
  callers: string[];
  /** The roles that may use the operation. A role that is not named may not. */
  roles: readonly string[];
  /** Media types of the body; empty if the operation takes none. */
  media: string[];
}

interface Match {
  route: Route;
  /** The decoded parameters of the path. */
  params: Readonly<Record<string, string>>;
}

/** Writes to `state` what the access log may show of the path. */
export type RouteTable = (method: string, path: string, state?: { path?: string }) => Match | undefined;

interface PathRoutes {
  template: string;
  pattern: RegExp;
  methods: ReadonlyMap<string, Route>;
}

/**
 * One raw path segment. Rejects escaped slashes, backslashes and control characters. Also rejects the segments `.` and
 * `..`, escaped or not. Otherwise a service that unescapes once more or once less would see an unchecked path.
 */
const SEGMENT = "(?!(?:\\.|%2[eE]){1,2}(?:/|$))(?:[\\w.~!$&'()*+,;=:@-]|%(?!2[fF]|5[cC]|[01]|7[fF])[\\da-fA-F]{2})+";

/**
 * Finds the route for a method and a raw path. Returns undefined if the path is unknown. Throws a Problem if the path
 * does not allow the method, or a parameter is not UTF-8.
 *
 * Written by hand, because the gateway forwards the raw path: OpenAPIRouter of openapi-backend matches paths that
 * another parser may read differently, such as `/orders/%2e%2e`.
 */
export function createRouteTable(document: Document): RouteTable {
  const fixed = new Map<string, PathRoutes>();
  const templates: PathRoutes[] = [];
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    const methods = methodsOf(item as Readonly<Record<string, unknown>>);
    const routes = { template: path, pattern: patternOf(path), methods };
    if (path.includes('{')) templates.push(routes);
    else fixed.set(path, routes);
  }

  return (method, path, state = {}) => {
    const found = fixed.get(path) ?? templates.find(({ pattern }) => pattern.test(path));
    if (!found || found.methods.size === 0) return undefined;
    state.path = loggedPath(found.template, path);
    const route = found.methods.get(method);
    if (!route) throw notAllowed(path, [...found.methods.keys()].join(', '));
    return { route, params: paramsOf(found.pattern, path) };
  };
}

function methodsOf(item: Readonly<Record<string, unknown>>): ReadonlyMap<string, Route> {
  const methods = new Map<string, Route>();
  for (const [verb, value] of Object.entries(item)) {
    const operation = (value ?? {}) as Partial<Operation> & { 'x-callers'?: readonly string[] };
    const { operationId, tags, security = [], 'x-callers': roles = [] } = operation;
    if (!operationId || !tags?.[0]) continue;
    const route = {
      operationId,
      // The tag is the role's name.
      role: tags[0],
      callers: security.flatMap((requirement) => Object.keys(requirement)),
      roles,
      media: mediaOf(operation),
    };
    methods.set(verb.toUpperCase(), route);
    if (verb === 'get') methods.set('HEAD', route);
  }
  return methods;
}

const patternOf = (path: string): RegExp =>
  new RegExp(`^${path.replace(/[.]/g, '\\$&').replace(/\{(\w+)\}/g, `(?<$1>${SEGMENT})`)}$`);

function paramsOf(pattern: RegExp, path: string): Record<string, string> {
  const raw = Object.entries(pattern.exec(path)?.groups ?? {});
  try {
    return Object.fromEntries(raw.map(([name, value]) => [name, decodeURIComponent(value)]));
  } catch (error) {
    throw new Problem('not-found', 'Nothing exists at this path: its percent-encoding is not UTF-8', { cause: error });
  }
}

const notAllowed = (path: string, allow: string) =>
  new Problem('method-not-allowed', `${path} allows only ${allow}`, { headers: { allow } });
