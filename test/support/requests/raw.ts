import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { assertDocumented } from './openapi.ts';

/**
 * Sends exactly these bytes, which no client library would send, then the pieces for as long as the server reads.
 * Returns everything received until the server has answered or closed.
 */
export async function sendRaw(
  url: string,
  head: string,
  pieces: Iterable<string> = [],
): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk) => (text += chunk));
  const answered = new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => resolve());
    // The response is complete once it ends with the brace of a problem, or has an empty body.
    socket.on('data', () => /\r\n\r\n[^]*\}$|Content-Length: 0\r\n[^]*\r\n\r\n$/i.test(text) && resolve());
  });
  socket.write(head);
  const sending = (async () => {
    for (const piece of pieces)
      if (!socket.write(piece)) await new Promise((resolve) => socket.once('drain', resolve).once('close', resolve));
  })();
  await Promise.all([answered, sending]);
  socket.destroy();
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]), text };
}

/** Parses a raw HTTP response. */
export function responseOf(text: string): Response {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = new Headers(lines.map((line) => [line.split(': ', 1)[0]!, line.slice(line.indexOf(': ') + 2)]));
  return new Response(body, { status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]), headers });
}

/** Fails unless the answer is this documented problem and closes the connection. */
export async function assertRefused(answer: string, status: number, kind: string): Promise<void> {
  const response = responseOf(answer);
  assert.deepEqual([response.status, response.headers.get('connection')], [status, 'close'], answer);
  assert.equal((await assertDocumented(undefined, response)).type, `/problems/${kind}`);
}
