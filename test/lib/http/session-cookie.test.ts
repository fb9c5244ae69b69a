/** Which session cookie a request carries. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, test } from 'node:test';
import { readSessionCookie, type SessionCookie } from '../../../lib/http/session-cookie.ts';
import { serveQuietly } from '../../support/shop/service.ts';

const [A, B] = ['A'.repeat(43), 'B'.repeat(43)];
const HOST = '__Host-session_id';
const server = await serveQuietly('test', [
  async (ctx) => {
    ctx.body = readSessionCookie(ctx, { proto: ctx.get('x-forwarded-proto') });
  },
]);
after(() => server.close());

/** Sends each value in a `Cookie` header of its own, which `fetch` cannot do. */
function read(proto: string, cookies: readonly string[]): Promise<SessionCookie> {
  return new Promise((resolve, reject) => {
    const headers = [...cookies.flatMap((value) => ['Cookie', value]), 'X-Forwarded-Proto', proto, 'Host', 'shop'];
    const sent = request(server.url, { headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => resolve(JSON.parse(text) as SessionCookie));
    });
    sent.once('error', reject).end();
  });
}

const none = { isSent: false, conflicts: false };
const conflict = { isSent: true, conflicts: true };
const unusable = { isSent: true, conflicts: false };
const found = (token: string) => ({ isSent: true, conflicts: false, token });

const cases: [what: string, proto: string, cookies: string[], expected: object][] = [
  ['no cookie', 'http', [], none],
  ['other cookies', 'http', [`theme=dark; session_ids=${A}; xsession_id=${A}; SESSION_ID=${A}; session_id`], none],
  ['one cookie', 'http', [`theme=dark; session_id=${A}`], found(A)],
  ['a quoted value', 'http', [`session_id="${A}"`], found(A)],
  ['spaces and tabs around', 'http', [`  session_id\t= ${A} \t; a=b`], found(A)],
  ['no space after the semicolon', 'http', [`a=b;session_id=${A};c=d`], found(A)],
  ['the same value twice', 'http', [`session_id=${A}; session_id=${A}`], found(A)],
  ['the same value twice, once quoted', 'http', [`session_id=${A}; session_id="${A}"`], found(A)],
  ['the same value in two headers', 'http', [`session_id=${A}`, `session_id=${A}`], found(A)],
  ['two values', 'http', [`session_id=${A}; session_id=${B}`], conflict],
  ['two values, not adjacent', 'http', [`session_id=${A}; theme=dark; session_id=${B}`], conflict],
  ['two values in two headers', 'http', [`session_id=${A}`, `a=b; session_id=${B}`], conflict],
  ['a valid value and an empty one', 'http', [`session_id=${A}; session_id=`], conflict],
  ['a valid value and a malformed one', 'http', [`session_id=x; session_id=${A}`], conflict],
  ['an empty value', 'http', ['session_id='], unusable],
  ['a malformed value', 'http', [`session_id=${A}A`], unusable],
  ['a value with an equals sign', 'http', [`session_id=${A}=`], unusable],
  ['half a pair of quotes', 'http', [`session_id="${A}`], unusable],
  ['the prefixed name without TLS', 'http', [`${HOST}=${A}`], none],
  ['both names without TLS', 'http', [`${HOST}=${B}; session_id=${A}`], found(A)],
  ['one cookie behind TLS', 'https', [`${HOST}=${A}`], found(A)],
  ['the plain name behind TLS', 'https', [`session_id=${A}`], none],
  ['both names behind TLS', 'https', [`session_id=${B}; ${HOST}=${A}; session_id=${A}`], found(A)],
  ['two values behind TLS', 'https', [`${HOST}=${A}; ${HOST}=${B}`], conflict],
  ['another case of the prefix', 'https', [`__HOST-session_id=${A}`], none],
  // Browsers let any host of a domain set these names. A reader that trims more than spaces and tabs would take them
  // for our cookie.
  ['a no-break space before the name', 'https', [`\u00a0${HOST}=${B}; ${HOST}=${A}`], found(A)],
  ['a vertical tab before the name', 'https', [`\u0085${HOST}=${B}; ${HOST}=${A}`], found(A)],
];

for (const [what, proto, cookies, expected] of cases) {
  test(`${what}: ${JSON.stringify(expected)}`, async () => assert.deepEqual(await read(proto, cookies), expected));
}

test('16 KB of spaces are read in no time', () => {
  const ctx = { get: () => `a=b;${' '.repeat(16_000)}x${' '.repeat(16_000)}=${' '.repeat(16_000)}y` };
  const startedMs = performance.now();
  for (let n = 0; n < 10; n++) readSessionCookie(ctx as never, { proto: 'http' });
  assert.ok(performance.now() - startedMs < 200);
});
