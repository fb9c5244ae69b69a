import type { Json } from './json.ts';

/** Replaces each internal `$ref` by its target, merged with sibling keys. References must not be circular. */
export function resolveReferences(document: Json, part: Json = document): Json {
  if (typeof part !== 'object' || part === null) return part;
  if (Array.isArray(part)) return part.map((item) => resolveReferences(document, item));
  const { $ref, ...own } = part;
  if (typeof $ref === 'string') return resolveReferences(document, { ...target(document, $ref), ...own });
  return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, resolveReferences(document, value)]));
}

function target(document: Json, reference: string): Json {
  const path = reference
    .replace(/^#\//, '')
    .split('/')
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  const found = path.reduce((value: Json, name) => value?.[name], document);
  if (found === undefined) throw new Error(`${reference} does not exist`);
  return found;
}
