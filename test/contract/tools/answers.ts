import document from '../../../specs/generated/preferable/openapi.json' with { type: 'json' };
import { problemKinds, type ProblemKind } from '../../../specs/generated/problems.ts';
import type { Json } from '../../../tools/specs/json.ts';
import { resolveReferences } from '../../../tools/specs/resolve.ts';
import type { Answer } from '../../support/requests/exchanges.ts';

/** An operation of the API document with all its answers. */
export interface Documented {
  /** Undefined if no operation matches the request. */
  operationId: string | undefined;
  /** For example `GET /orders`. */
  title: string;
  answers: Answer[];
}

/** All documented answers. The last entry has the answers to requests that match no operation. */
export function documented(): Documented[] {
  const operations = Object.entries<Json>(resolveReferences(document, document.paths)).flatMap(([path, item]) =>
    Object.entries<Json>(item).map(([method, { operationId, responses }]) => ({
      operationId,
      title: `${method.toUpperCase()} ${path}`,
      answers: answersOf(operationId, responses),
    })),
  );
  const outside = document['x-problems'].map((kind) => ({
    operationId: undefined,
    status: problemKinds[kind as ProblemKind].status,
    kind,
  }));
  return [
    ...operations,
    {
      operationId: undefined,
      title: 'Where no operation matches',
      answers: outside.toSorted((one, other) => one.status - other.status),
    },
  ];
}

function answersOf(operationId: string, responses: Json): Answer[] {
  return Object.entries<Json>(responses).flatMap(([status, response]) =>
    ((response['x-problems'] ?? [undefined]) as Array<string | undefined>).map((kind) => ({
      operationId,
      status: Number(status),
      kind,
    })),
  );
}

/** A unique name of an answer. */
export const nameOf = ({ operationId, status, kind }: Answer): string =>
  [operationId ?? 'no operation', status, kind].filter(Boolean).join(' ');
