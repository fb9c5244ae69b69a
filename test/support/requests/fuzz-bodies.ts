/** Generates request bodies from the API document, many of them invalid. */
import * as fc from 'fast-check';
import { corrupted, junk, textOf, usually, validValue } from './fuzz-values.ts';
import type { Operation } from './operations.ts';

interface Body {
  text: string;
  headers: Record<string, string>;
}

/** Generates a body of an operation and its headers; undefined if there is no body. */
export function bodyOf(bodies: Operation['bodies'], ids: readonly string[]): fc.Arbitrary<Body | undefined> {
  const schema = bodies?.['application/json'];
  if (!schema)
    return usually(
      fc.constant<Body | undefined>(undefined),
      junk.map((value) => ({ text: JSON.stringify(value), headers: { 'content-type': 'application/json' } })),
    );
  const valid = validValue(schema, ids) as fc.Arbitrary<Record<string, unknown>>;
  const name = fc.constantFrom(...Object.keys(schema.properties), 'userId', 'isAdmin', '__proto__', '');
  const replaced = fc.tuple(valid, name, junk).map(([value, name, other]) => ({ ...value, [name]: other }));
  const json = fc
    .oneof(
      { weight: 8, arbitrary: valid },
      { weight: 4, arbitrary: replaced },
      fc.tuple(valid, name).map(([value, name]) => without(value, name)),
      junk,
    )
    .map((value) => JSON.stringify(value));
  const twice = fc
    .tuple(valid, name, junk)
    .map(([value, name, other]) =>
      JSON.stringify(value).replace('{', `{${JSON.stringify(name)}:${JSON.stringify(other)},`),
    );
  const form = valid.map((value) =>
    new URLSearchParams(Object.entries(value).map(([name, each]) => [name, textOf(each).toWellFormed()])).toString(),
  );
  const text = fc.oneof(
    { weight: 12, arbitrary: json },
    { weight: 2, arbitrary: corrupted(json) },
    twice,
    form,
    malformed,
  );
  const media = fc.oneof(
    { weight: 8, arbitrary: fc.constant('application/json') },
    fc.constantFrom(
      'application/json; charset=utf-16',
      'application/json;charset',
      'application/x-www-form-urlencoded',
      'text/plain',
      'application/problem+json',
      '*/*',
      'application',
      'multipart/form-data; boundary=x',
    ),
  );
  return fc.record({ text, headers: media.map((type) => ({ 'content-type': type })) });
}

const without = (value: Record<string, unknown>, name: string) =>
  Object.fromEntries(Object.entries(value).filter(([each]) => each !== name));

const malformed = fc.constantFrom(
  '',
  '[',
  '['.repeat(8_000),
  '{"a":'.repeat(3_000),
  'NaN',
  '{"price":1e400}',
  '{"amount":9007199254740993}',
  `"${'x'.repeat(17_000)}"`,
  '\0',
  '\ufeff{}',
);
