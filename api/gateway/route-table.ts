import type { Document, Operation } from 'openapi-backend';
import { mediaOf } from '../../lib/body.ts';

/** What the gateway knows of an operation: enough to decide what it lets through to whom. */
export interface Route {
  operationId: string;
  /** The role that serves it. */
  role: string;
  /** True when it is for callers who say who they are. */
  guarded: boolean;
  /** The media types that its body may have. None: it takes no body. */
  media: string[];
}

export type Match = { route: Route } | { allow: string };

type Methods = ReadonlyMap<string, Route>;

/** Tags are the names of roles, but for this one. */
const rolesByTag: Readonly<Record<string, string>> = { payments: 'billing' };

/**
 * One segment of a path, in the one form in which it is passed on: as it was sent. A slash, a backslash or a control character
 * that hides behind an escape, and the segments `.` and `..`, escaped or not, match nothing: a service that unescapes one more or one less
 * time than this table would see another path than the one that was checked.
 */
const SEGMENT = "(?!(?:\\.|%2[eE]){1,2}(?:/|$))(?:[\\w.~!$&'()*+,;=:@-]|%(?!2[fF]|5[cC]|[01]|7[fF])[\\da-fA-F]{2})+";

/** Finds the operation of a request by its raw path. Undefined when no documented path is meant; the allowed methods when the method is not. */
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
      role: rolesByTag[tags[0]] ?? tags[0],
      guarded: (security ?? []).length > 0,
      media: mediaOf({ requestBody }),
    };
    methods.set(verb.toUpperCase(), route);
    if (verb === 'get') methods.set('HEAD', route);
  }
  return methods;
}

const patternOf = (path: string): RegExp =>
  new RegExp(`^${path.replace(/[.]/g, '\\$&').replace(/\{\w+\}/g, SEGMENT)}$`);
