import type { Document, Operation } from 'openapi-backend';
import { mediaOf } from '../../lib/http/body.ts';

export interface Route {
  operationId: string;
  role: string;
  needsCaller: boolean;
  /** Media types of the body; empty if the operation takes none. */
  media: string[];
}

export type Match = { route: Route } | { allow: string };

type Methods = ReadonlyMap<string, Route>;

/**
 * One raw path segment. Rejects escaped slashes, backslashes and control characters. Also rejects the segments `.` and
 * `..`, escaped or not. Otherwise a service that unescapes once more or once less would see an unchecked path.
 */
const SEGMENT = "(?!(?:\\.|%2[eE]){1,2}(?:/|$))(?:[\\w.~!$&'()*+,;=:@-]|%(?!2[fF]|5[cC]|[01]|7[fF])[\\da-fA-F]{2})+";

/** Finds the route for a method and a raw path. If the path does not allow the method, returns those that it allows. */
export function createRouteTable(document: Document): (method: string, path: string) => Match | undefined {
  const fixed = new Map<string, Methods>();
  const templates: { pattern: RegExp; methods: Methods }[] = [];
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    const methods = methodsOf(item as Readonly<Record<string, unknown>>);
    if (path.includes('{')) templates.push({ pattern: patternOf(path), methods });
    else fixed.set(path, methods);
  }

  return (method, path) => {
    const methods = fixed.get(path) ?? templates.find(({ pattern }) => pattern.test(path))?.methods;
    const route = methods?.get(method);
    if (route) return { route };
    return methods && { allow: [...methods.keys()].join(', ') };
  };
}

function methodsOf(item: Readonly<Record<string, unknown>>): Methods {
  const methods = new Map<string, Route>();
  for (const [verb, value] of Object.entries(item)) {
    const { operationId, tags, security, requestBody } = (value ?? {}) as Partial<Operation>;
    if (!operationId || !tags?.[0]) continue;
    const route = {
      operationId,
      // The tag is the role's name.
      role: tags[0],
      needsCaller: (security ?? []).length > 0,
      media: mediaOf({ requestBody }),
    };
    methods.set(verb.toUpperCase(), route);
    if (verb === 'get') methods.set('HEAD', route);
  }
  return methods;
}

const patternOf = (path: string): RegExp =>
  new RegExp(`^${path.replace(/[.]/g, '\\$&').replace(/\{\w+\}/g, SEGMENT)}$`);
