/** A parsed document. Other tools validate it, so it has no precise type. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any;

/** Every object in a document, parents first. */
export function* objectsIn(value: Json): Generator<Record<string, Json>> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value;
  for (const part of Object.values(value)) yield* objectsIn(part);
}
