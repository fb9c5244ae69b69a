import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Koa from 'koa';
import { answerClientErrors } from './client-error.ts';

const HEADER_BYTES_MAX = 16 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;
/** The whole request, body included: a client that sends slower than this is cut off. */
const REQUEST_TIMEOUT_MS = 15_000;
const KEEP_ALIVE_MS = 61_000;
const CONNECTIONS_CHECK_MS = 2_000;
/** Longer than any answer takes: requests under way are finished. */
const CLOSE_WITHIN_MS = 8_000;

export interface Listener {
  /** Where it listens, without a slash at the end. */
  url: string;
  port: number;
  /** Takes no new connections, lets the requests under way finish, and resolves when the last one has. */
  close(): Promise<void>;
}

/** Serves an app, with bounds on headers and slow clients. A port that is taken, or not allowed, rejects with a sentence that says so. */
export async function listen(app: Koa, { host, port }: { host: string; port: number }): Promise<Listener> {
  const callback = app.callback();
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: CONNECTIONS_CHECK_MS,
    },
    (request, response) => void callback(request, response),
  );
  answerClientErrors(server);
  await bind(server, host, port);
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host}:${address.port}`,
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        // A client that never finishes its request does not hold up the end.
        const bound = setTimeout(() => server.closeAllConnections(), CLOSE_WITHIN_MS);
        server.close(() => {
          clearTimeout(bound);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new Error(refusal(error, host, port), { cause: error })));
    server.listen(port, host, resolve);
  });
}

function refusal(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === 'EADDRINUSE') return `Port ${port} on ${host} is in use by another program. Stop that program, or choose another port.`;
  if (error.code === 'EACCES') return `Port ${port} on ${host} is not allowed for this user. Choose one above 1023.`;
  return `Cannot listen on ${host}:${port}: ${error.message}`;
}
