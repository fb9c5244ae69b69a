/**
 * Every number, text and list that a client can send has an upper bound, and every number a lower one. The length of
 * texts in paths and headers is limited by the size of all headers.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../../tools/specs/json.ts';
import { api } from '../support/requests/bounds.ts';

interface Input {
  where: string;
  inHead: boolean;
  schema: Json;
}

/** The schemas of all request bodies and parameters. */
const inputs: Input[] = Object.entries<Json>(api.paths).flatMap(([path, item]) =>
  Object.entries<Json>(item)
    .filter(([, operation]) => operation?.operationId)
    .flatMap(([, operation]) => [
      ...Object.values<Json>(operation.requestBody?.content ?? {}).map(({ schema }) => ({
        where: `${operation.operationId} body`,
        inHead: false,
        schema,
      })),
      ...[...(item.parameters ?? []), ...(operation.parameters ?? [])].map((parameter: Json) => ({
        where: `${operation.operationId} ${parameter.in} ${parameter.name} of ${path}`,
        inHead: parameter.in !== 'query',
        schema: parameter.schema,
      })),
    ]),
);

/** The schemas of single values inside a schema. */
function leavesOf({ where, inHead, schema }: Input): Input[] {
  const parts = [...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  const properties = Object.entries<Json>(schema.properties ?? {});
  const nested = [
    ...parts.map((part: Json) => ({ where, inHead, schema: part })),
    ...properties.map(([name, property]) => ({ where: `${where} ${name}`, inHead, schema: property })),
    ...(schema.items ? [{ where: `${where} []`, inHead, schema: schema.items }] : []),
  ].flatMap(leavesOf);
  return typeof schema.type === 'string' && schema.type !== 'object' ? [{ where, inHead, schema }, ...nested] : nested;
}

/** A pattern bounds a text if it is anchored and repeats nothing without a limit. */
const isBounded = (pattern: string): boolean =>
  pattern.startsWith('^') && pattern.endsWith('$') && !/[*+]|\{\d+,\}/.test(pattern.replaceAll(/\\.|\[[^\]]*\]/g, 'x'));

function missingBounds({ inHead, schema }: Input): string[] {
  const { type, minimum, maximum, maxLength, pattern, maxItems } = schema;
  if (schema.enum || schema.const !== undefined || type === 'boolean') return [];
  if (type === 'integer' || type === 'number')
    return [...(minimum === undefined ? ['minimum'] : []), ...(maximum === undefined ? ['maximum'] : [])];
  if (type === 'string')
    return inHead || maxLength !== undefined || (pattern && isBounded(pattern)) ? [] : ['maxLength'];
  return maxItems === undefined ? ['maxItems'] : [];
}

const leaves = inputs.flatMap(leavesOf);

test('every value that a client can send is bounded', () => {
  assert.ok(leaves.length > 30, `only ${leaves.length} values were found`);
  assert.deepEqual(
    leaves.flatMap((leaf) => missingBounds(leaf).map((bound) => `${leaf.where}: no ${bound}`)),
    [],
  );
});

test('a bound that is removed is noticed', () => {
  for (const leaf of leaves.filter(({ inHead, schema }) => !inHead && !schema.enum && schema.type !== 'boolean')) {
    const unbounded = { type: leaf.schema.type };
    assert.notDeepEqual(missingBounds({ ...leaf, schema: unbounded }), [], leaf.where);
  }
});
