import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { objectsIn, type Json } from './json.ts';

interface Kind {
  status: number;
  title: string;
  explanation: string;
  /** Additional members of the body: name → schema. */
  members?: Record<string, string>;
  optional?: string[];
}

export type Kinds = Record<string, Kind>;

const STANDARD_MEMBERS = ['type', 'title', 'status', 'detail', 'instance', 'correlationId'];

export async function readKinds(file: string): Promise<Kinds> {
  return parse(await readFile(file, 'utf8')) as Kinds;
}

/** The source of `specs/generated/problems.ts`. */
export function problemsSource(kinds: Kinds): string {
  const catalogue = Object.fromEntries(
    Object.entries(kinds).map(([kind, { status, title, explanation }]) => [kind, { status, title, explanation }]),
  );
  return `
    /** All kinds of error responses. */
    export const problemKinds = ${JSON.stringify(catalogue)} as const;

    /** The last part of a problem's \`type\`. */
    export type ProblemKind = keyof typeof problemKinds;`;
}

/** Narrows each error response to the kinds in its `x-problems`. Modifies the document. */
export function narrowProblems(document: Json, kinds: Kinds): void {
  const used = new Set<string>();
  for (const object of objectsIn(document)) {
    for (const kind of object['x-problems'] ?? []) used.add(kind);
    const media = object['content']?.['application/problem+json'];
    if (media) media.schema = anyOf(object['x-problems']);
  }
  delete document.components.schemas.Problem;
  for (const kind of [...used].toSorted())
    document.components.schemas[schemaName(kind)] = problemSchema(kind, kinds[kind]);
}

function anyOf(kinds: string[]): Json {
  const schemas = kinds.map((kind) => ({ $ref: `#/components/schemas/${schemaName(kind)}` }));
  return schemas.length === 1 ? schemas[0] : { oneOf: schemas };
}

function problemSchema(kind: string, described: Kind | undefined): Json {
  if (!described) throw new Error(`The problem kind ${kind} is used but not described in problems.yaml`);
  const { status, title, explanation, members = {}, optional = [] } = described;
  return {
    title,
    description: explanation,
    type: 'object',
    additionalProperties: false,
    required: [...STANDARD_MEMBERS, ...Object.keys(members).filter((name) => !optional.includes(name))],
    properties: {
      type: { type: 'string', const: `/problems/${kind}` },
      title: { type: 'string', const: title },
      status: { type: 'integer', const: status },
      detail: { description: 'What is wrong with this request, for a person to read.', type: 'string' },
      instance: { description: 'The path of the request.', type: 'string' },
      correlationId: { $ref: '#/components/schemas/CorrelationId' },
      ...Object.fromEntries(
        Object.entries(members).map(([name, schema]) => [name, { $ref: `#/components/schemas/${schema}` }]),
      ),
    },
  };
}

/** `insufficient-funds` → `InsufficientFundsProblem`. */
function schemaName(kind: string): string {
  return `${kind.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())}Problem`;
}
