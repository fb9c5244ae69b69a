/** Generates values for the fuzz tests: valid ones, junk and corrupted text. */
import * as fc from 'fast-check';
import type { Json } from '../../../tools/specs/json.ts';

/** Generates values that a schema accepts. An id is often one of `ids`, which exist. */
export function validValue(schema: Json, ids: readonly string[]): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case 'integer':
      return integer(schema);
    case 'object': {
      const properties = Object.entries<Json>(schema.properties).map(([name, each]) => [name, validValue(each, ids)]);
      return fc.record(Object.fromEntries(properties), { requiredKeys: schema.required });
    }
    case 'string':
      return text(schema, ids);
    default:
      throw new Error(`No generator for the schema ${JSON.stringify(schema)}`);
  }
}

/** Most numbers are small, so that buyers can afford the prices and the requested pages exist. */
function integer({ minimum, maximum }: Json): fc.Arbitrary<number> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: minimum, max: Math.min(maximum ?? Infinity, minimum + 9) }) },
    fc.integer({ min: minimum, max: maximum ?? Number.MAX_SAFE_INTEGER }),
  );
}

function text(
  { format, pattern, examples = [], minLength = 0, maxLength = 60 }: Json,
  ids: readonly string[],
): fc.Arbitrary<string> {
  const uuid = fc.oneof(fc.constantFrom(...ids), fc.uuid());
  if (format === 'uuid' || /a-fA-F.*\{12\}/.test(pattern)) return uuid;
  const free = fc.string({ unit: 'grapheme', minLength, maxLength });
  const made = pattern
    ? fc.stringMatching(new RegExp(pattern, 'u'))
    : format === 'email'
      ? fc.emailAddress()
      : fc.oneof(uuid, free);
  return fc
    .oneof(fc.constantFrom(...(examples.length > 0 ? examples : ids)), made)
    .filter(({ length }) => length >= minLength && length <= maxLength);
}

/** Values of the wrong type, too large, too long, or with troublesome characters. */
export const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown[]>(null, true, [], {}, 0, -1, 0.5, 1e300, -0, 2 ** 31, 2 ** 53, 2 ** 63),
  fc.constantFrom(
    '',
    ' ',
    '0',
    '1e3',
    '\0',
    'a\0b',
    '\ud800',
    '\u202e\ufeff',
    '\r\nx: y',
    'é',
    '💸',
    '%00',
    '../../..',
    '__proto__',
    'constructor',
    "';--",
    '{{x}}',
  ),
  fc.constantFrom('x'.repeat(300), '9'.repeat(400), 'é'.repeat(9_000)),
  fc.jsonValue(),
  fc.string({ unit: 'binary' }),
);

export const corrupted = (original: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(original, fc.nat(200), fc.constantFrom('cut', '\0', '"', '}', '\\', '\ufeff', ',', '1e999'))
    .map(([text, at, how]) => {
      const place = at % (text.length + 1);
      return how === 'cut' ? text.slice(0, place) : text.slice(0, place) + how + text.slice(place);
    });

export const usually = <T>(one: fc.Arbitrary<T>, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 9, arbitrary: one }, other);

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
