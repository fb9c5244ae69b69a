import type { Json } from '../../tools/specs/json.ts';
import { api } from './bounds.ts';

/** An operation of the document, with every reference resolved. */
export interface Operation {
  id: string;
  method: string;
  /** With `{name}` for each parameter in it. */
  path: string;
  /** The role that serves it: its tag. */
  role: string;
  /** Who may call it. Nobody: it is open to all. */
  callers: readonly string[];
  parameters: readonly { name: string; in: 'path' | 'query' | 'header'; required?: boolean; schema: Json }[];
  /** The schemas of its body, by media type. Absent where none is taken. */
  bodies: Readonly<Record<string, Json>> | undefined;
  /** Its answers, by status. */
  responses: Readonly<Record<string, Json>>;
}

/** Every operation that there is. */
export const operations: readonly Operation[] = Object.entries<Json>(api.paths).flatMap(([path, item]) =>
  Object.entries<Json>(item).map(([method, { operationId, tags, security, parameters, requestBody, responses }]) => ({
    id: operationId,
    method: method.toUpperCase(),
    path,
    role: tags[0],
    callers: (security as object[]).flatMap((scheme) => Object.keys(scheme)),
    parameters: parameters ?? [],
    bodies:
      requestBody &&
      Object.fromEntries(Object.entries<Json>(requestBody.content).map(([media, { schema }]) => [media, schema])),
    responses,
  })),
);

export const isWrite = ({ method }: Operation): boolean => method !== 'GET';
