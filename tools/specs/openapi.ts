import openapiTS, { astToString } from 'openapi-typescript';
import type { Json } from './json.ts';
import { narrowProblems, type Kinds } from './problems.ts';
import { bundle } from './redocly.ts';

/** The bundled document, with each error response narrowed to its problem kinds. */
export async function apiDocument(file: string, kinds: Kinds): Promise<Json> {
  const document = await bundle(file);
  narrowProblems(document, kinds);
  return document;
}

/** Types of paths, operations and schemas. */
export async function apiTypes(document: Json): Promise<string> {
  // The generator modifies its argument.
  return astToString(await openapiTS(structuredClone(document), { alphabetize: false }));
}
