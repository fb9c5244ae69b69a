import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Seen {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** The far side of a port: remembers what it is asked and answers what it is told to, by default 200 and an empty list. */
export async function startFarSide() {
  const seen: Seen[] = [];
  let answer: Answer | undefined;
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.once('end', () => {
      seen.push({ method: request.method!, url: request.url!, headers: request.headers, body });
      if (answer) answer(response, request);
      else response.setHeader('content-type', 'application/json').end('[]');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    /** Until the next call. Without an answer it goes back to the default. */
    answers(next?: Answer) {
      answer = next;
      seen.length = 0;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
