import type { Json } from '../../../tools/specs/json.ts';
import { api } from './bounds.ts';

/** An operation with all references resolved. */
export interface Operation {
  id: string;
  method: string;
  /** With `{name}` for each parameter. */
  path: string;
  /** The role that serves the operation, as its tag names it. */
  role: string;
  /** Empty if anyone may call it. */
  callers: readonly string[];
  /** The roles that may call it. */
  roles: readonly string[];
  parameters: readonly { name: string; in: 'path' | 'query' | 'header'; required?: boolean; schema: Json }[];
  /** By media type; undefined if it takes no body. */
  bodies: Readonly<Record<string, Json>> | undefined;
  /** By status. */
  responses: Readonly<Record<string, Json>>;
}

export const operations: readonly Operation[] = Object.entries<Json>(api.paths).flatMap(([path, item]) =>
  Object.entries<Json>(item).map(
    ([method, { operationId, tags, security, parameters, requestBody, responses, ...own }]) => ({
      id: operationId,
      method: method.toUpperCase(),
      path,
      role: tags[0],
      callers: (security as object[]).flatMap((scheme) => Object.keys(scheme)),
      roles: own['x-callers'] ?? [],
      parameters: parameters ?? [],
      bodies:
        requestBody &&
        Object.fromEntries(Object.entries<Json>(requestBody.content).map(([media, { schema }]) => [media, schema])),
      responses,
    }),
  ),
);

export const isWrite = ({ method }: Operation): boolean => method !== 'GET';
