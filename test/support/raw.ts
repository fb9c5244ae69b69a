import { connect } from 'node:net';

/**
 * Sends these very bytes, which no client library would, and answers what comes back until the other side closes or has answered.
 * What follows them is sent piece by piece for as long as the other side takes it.
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
  const over = new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => resolve());
    // The last byte of a problem's body, or of an empty answer.
    socket.on('data', () => /\r\n\r\n[^]*\}$|Content-Length: 0\r\n[^]*\r\n\r\n$/i.test(text) && resolve());
  });
  socket.write(head);
  const sending = (async () => {
    for (const piece of pieces)
      if (!socket.write(piece)) await new Promise((resolve) => socket.once('drain', resolve).once('close', resolve));
  })();
  await Promise.all([over, sending]);
  socket.destroy();
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]), text };
}

/** What has come back, as a client library would have it. */
export function responseOf(text: string): Response {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = new Headers(lines.map((line) => line.split(': ') as [string, string]));
  return new Response(body, { status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]), headers });
}
