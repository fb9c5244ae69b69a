import { createServer, type RequestListener, type Server } from 'node:http';
import { isIPv6, type AddressInfo, type Socket } from 'node:net';
import type Koa from 'koa';
import { answerClientErrors } from './client-error.ts';

const HEADER_BYTES_MAX = 16 * 1024;
const LISTENERS_MAX = 20;

/** Limits on clients. Only tests override them. */
const BOUNDS = {
  headersTimeoutMs: 10_000,
  /** Includes the body; slower clients are disconnected. */
  requestTimeoutMs: 15_000,
  keepAliveMs: 61_000,
  checkEveryMs: 2_000,
  /** A connection without traffic in either direction is closed after this time, which exceeds any long poll. */
  idleTimeoutMs: 120_000,
  /** Each connection costs a file descriptor and memory. Connections beyond the limit are closed at once. */
  connectionsMax: 5_000,
};
/** Longer than any response takes. */
const CLOSE_WITHIN_MS = 8_000;

export interface Listener {
  /** Without a trailing slash. */
  url: string;
  port: number;
  /** Resolves when the last request in flight has finished. */
  close(): Promise<void>;
}

/** Serves an app, with limits on headers and slow clients. Rejects if the port cannot be bound. */
export async function listen(
  app: Koa,
  { host, port }: { host: string; port: number },
  overrides: Partial<typeof BOUNDS> = {},
): Promise<Listener> {
  const server = createBoundedServer(app, { ...BOUNDS, ...overrides });
  answerClientErrors(server);
  const close = createClose(server);
  await bind(server, host, port);
  const address = server.address() as AddressInfo;
  return { url: urlOf(host, address.port), port: address.port, close };
}

/** The URL at which this machine reaches a listener on `host`. */
export function urlOf(host: string, port: number): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`;
}

function createBoundedServer(app: Koa, bounds: typeof BOUNDS): Server {
  const answer = app.callback();
  const onRequest: RequestListener = (request, response) => {
    request.url = originForm(request.url!, request.headers.host);
    // A streamed response has more than ten `close` listeners; raise Node's leak-warning limit.
    response.setMaxListeners(LISTENERS_MAX);
    void answer(request, response);
  };
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      // The app itself refuses a missing Host header, with a problem document.
      requireHostHeader: false,
      headersTimeout: bounds.headersTimeoutMs,
      requestTimeout: bounds.requestTimeoutMs,
      keepAliveTimeout: bounds.keepAliveMs,
      connectionsCheckingInterval: bounds.checkEveryMs,
    },
    onRequest,
  );
  // Serve a request with an unknown Expect header as if it had none.
  server.on('checkExpectation', onRequest);
  server.timeout = bounds.idleTimeoutMs;
  server.maxConnections = bounds.connectionsMax;
  return server;
}

/**
 * A request may name an absolute URL (RFC 9112, 3.2.2). Reduces the URL to its path. If the URL's host differs from the
 * Host header, the URL stays as it is, and the app refuses the request.
 */
function originForm(target: string, host: string | undefined): string {
  const [, authority, rest] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(target) ?? [];
  if (rest === undefined || authority!.toLowerCase() !== host?.toLowerCase()) return target;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** Returns the function that closes the server. It waits for requests in flight, but not for idle connections. */
function createClose(server: Server): () => Promise<void> {
  const sockets = new Set<Socket>();
  let closing = false;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  // Node closes idle connections when closing starts, but not those that become idle later.
  server.on('request', (_request, response) => response.once('close', () => closing && server.closeIdleConnections()));

  return () =>
    new Promise((resolve) => {
      closing = true;
      const bound = setTimeout(() => server.closeAllConnections(), CLOSE_WITHIN_MS);
      server.close(() => {
        clearTimeout(bound);
        resolve();
      });
      server.closeIdleConnections();
      // Browsers open connections in advance. Node does not count these as idle, because it awaits their first headers.
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    });
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new Error(refusal(error, host, port), { cause: error })),
    );
    server.listen(port, host, resolve);
  });
}

function refusal(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === 'EADDRINUSE')
    return `Port ${port} on ${host} is in use by another program. Stop that program, or choose another port.`;
  if (error.code === 'EACCES') return `Port ${port} on ${host} is not allowed for this user. Choose one above 1023.`;
  return `Cannot listen on ${host}:${port}: ${error.message}`;
}
