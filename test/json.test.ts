import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJson } from '../lib/json.ts';

const taken: ReadonlyArray<[string, unknown]> = [
  ['{"price":5,"note":"a"}', { price: 5, note: 'a' }],
  ['{"price":5.0}', { price: 5 }],
  ['{"price":9007199254740991}', { price: 9007199254740991 }],
  ['{"price":2.5}', { price: 2.5 }],
  ['{"price":5,"price":5}', { price: 5 }],
  ['[1,{"a":[true,null]}]', [1, { a: [true, null] }]],
];
for (const [text, value] of taken)
  test(`${text} is taken as it is written`, () => assert.deepEqual(parseJson(text), value));

// Each of these would be taken by JSON.parse as something that the client did not write.
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
  ['', /breaks off/],
  ['{"password":hunter2secret}', /^it breaks off, or goes wrong somewhere$/],
  ['{"password":12345678901234567890}', /^a number in it cannot be taken exactly; /],
];
for (const [text, why] of refused) {
  test(`${text.slice(0, 80) || 'nothing'} is refused`, () =>
    assert.throws(
      () => parseJson(text),
      (error: Error) => error instanceof SyntaxError && why.test(error.message),
    ));
}
