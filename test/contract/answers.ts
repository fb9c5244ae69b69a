import document from '../../specs/generated/preferable/openapi.json' with { type: 'json' };
import { problemKinds, type ProblemKind } from '../../specs/generated/problems.ts';
import type { Json } from '../../tools/specs/json.ts';
import { resolved } from '../../tools/specs/resolve.ts';
import type { Answer } from '../support/exchanges.ts';

/** An operation with all that it can answer. */
export interface Documented {
  /** Absent for what is answered where no operation matches. */
  operationId: string | undefined;
  /** As `GET /orders`. */
  title: string;
  answers: Answer[];
}

/** What the API document says that is answered: by every operation in its order, and where none matches. */
export function documented(): Documented[] {
  const operations = Object.entries<Json>(resolved(document, document.paths)).flatMap(([path, item]) =>
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

/** Names an answer: the same for two that are the same. */
export const nameOf = ({ operationId, status, kind }: Answer): string =>
  [operationId ?? 'no operation', status, kind].filter(Boolean).join(' ');
