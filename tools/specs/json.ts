/** A document whose format is somebody else's. It is read by path, and checked by the tools that know the format. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any;

/** Every object in a document, parents first. */
export function* objectsIn(value: Json): Generator<Record<string, Json>> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value;
  for (const part of Object.values(value)) yield* objectsIn(part);
}
