import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJson } from '../../../lib/http/json.ts';

const taken: ReadonlyArray<[string, unknown]> = [
  ['{"price":5,"note":"a"}', { price: 5, note: 'a' }],
  ['{"price":5.0}', { price: 5 }],
  ['{"price":9007199254740991}', { price: 9007199254740991 }],
  ['{"price":2.5}', { price: 2.5 }],
  ['{"price":5,"price":5}', { price: 5 }],
  ['[1,{"a":[true,null]}]', [1, { a: [true, null] }]],
];
for (const [text, value] of taken) test(`${text} is parsed`, () => assert.deepEqual(parseJson(text), value));

// JSON.parse accepts most of these, and silently changes the duplicate keys and the inexact numbers.
const refused: ReadonlyArray<[string, RegExp]> = [
  ['{"price":5,"price":6}', /twice/],
  ['{"__proto__":{"price":5}}', /forbidden/i],
  ['{"\\u005f_proto__":{"price":5}}', /forbidden/i],
  ['{"constructor":{"prototype":{"price":5}}}', /forbidden/i],
  ['{"price":9007199254740993}', /exactly/],
  ['{"price":5.0000000000000001}', /exactly/],
  ['{"price":1e2}', /exactly/],
  ['{"price":1e400}', /exactly/],
  [`{"price":-${'9'.repeat(400)}}`, /exactly/],
  ['{"price":-0.0000000000000000000000001e-400}', /exactly/],
  ['{"name":"A\\ud800"}', /surrogate/],
  ['['.repeat(200_000) + ']'.repeat(200_000), /nested too deeply/],
  ['{"price":5', /position 10/],
  ['', /incomplete/],
  ['{"password":hunter2secret}', /^it is incomplete or has a syntax error at position 12$/],
  ['{"password":12345678901234567890}', /^it has a number that cannot be represented exactly; /],
];
for (const [text, why] of refused) {
  test(`${text.slice(0, 80) || 'an empty text'} is refused`, () =>
    assert.throws(
      () => parseJson(text),
      (error: Error) => error instanceof SyntaxError && why.test(error.message),
    ));
}
