import openapiTS, { astToString } from 'openapi-typescript';
import type { Json } from './json.ts';
import { narrowProblems, type Kinds } from './problems.ts';
import { bundle } from './redocly.ts';

/** The document in one piece, its refusals narrowed to their kinds. */
export async function apiDocument(file: string, kinds: Kinds): Promise<Json> {
  const document = await bundle(file);
  narrowProblems(document, kinds);
  return document;
}

/** Paths, operations and schemas as types. */
export async function apiTypes(document: Json): Promise<string> {
  // The generator works on its argument.
  return astToString(await openapiTS(structuredClone(document), { alphabetize: false }));
}
