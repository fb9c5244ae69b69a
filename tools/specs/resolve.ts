import type { Json } from './json.ts';

/**
 * A copy in which every reference to a place in the document is replaced by what is there, together with what stands beside the
 * reference. The document must not refer to itself in a circle.
 */
export function resolved(document: Json, part: Json = document): Json {
  if (typeof part !== 'object' || part === null) return part;
  if (Array.isArray(part)) return part.map((item) => resolved(document, item));
  const { $ref, ...own } = part;
  if (typeof $ref === 'string') return resolved(document, { ...target(document, $ref), ...own });
  return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, resolved(document, value)]));
}

function target(document: Json, reference: string): Json {
  const path = reference
    .replace(/^#\//, '')
    .split('/')
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  const found = path.reduce((value: Json, name) => value?.[name], document);
  if (found === undefined) throw new Error(`${reference} refers to nothing`);
  return found;
}
