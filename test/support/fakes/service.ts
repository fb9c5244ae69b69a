import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Seen {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

type Respond = (response: ServerResponse, request: IncomingMessage) => void;

/** Starts a fake service that records requests; it responds with 200 and `[]` by default. */
export async function startFakeService() {
  const seen: Seen[] = [];
  let respond: Respond | undefined;
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.once('end', () => {
      seen.push({ method: request.method!, url: request.url!, headers: request.headers, body });
      if (respond) respond(response, request);
      else response.setHeader('content-type', 'application/json').end('[]');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    /** Sets the response, by default the initial one, and forgets earlier requests. */
    respondWith(next?: Respond) {
      respond = next;
      seen.length = 0;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
