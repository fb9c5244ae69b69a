import { createServer, type RequestListener, type Server } from 'node:http';
import { isIPv6, type AddressInfo, type Socket } from 'node:net';
import type Koa from 'koa';
import { answerClientErrors } from './client-error.ts';

const HEADER_BYTES_MAX = 16 * 1024;
const LISTENERS_MAX = 20;

/** What one client may cost. Only tests have reason for others than these. */
const BOUNDS = {
  headersTimeoutMs: 10_000,
  /** The whole request, body included: a client that sends slower than this is cut off. */
  requestTimeoutMs: 15_000,
  keepAliveMs: 61_000,
  checkEveryMs: 2_000,
  /** Nothing sent and nothing taken for so long, while an answer is under way: longer than any answer is held. */
  idleTimeoutMs: 120_000,
  /** Those beyond are closed at once: each costs a file descriptor and some memory, whatever it sends. */
  connectionsMax: 5_000,
};
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
export async function listen(
  app: Koa,
  { host, port }: { host: string; port: number },
  others: Partial<typeof BOUNDS> = {},
): Promise<Listener> {
  const server = createBoundedServer(app, { ...BOUNDS, ...others });
  answerClientErrors(server);
  const close = createClose(server);
  await bind(server, host, port);
  const address = server.address() as AddressInfo;
  return { url: urlOf(host, address.port), port: address.port, close };
}

/** Where this machine finds what listens on a host. */
export function urlOf(host: string, port: number): string {
  const near = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${isIPv6(near) ? `[${near}]` : near}:${port}`;
}

function createBoundedServer(app: Koa, bounds: typeof BOUNDS): Server {
  const answer = app.callback();
  const onRequest: RequestListener = (request, response) => {
    request.url = originForm(request.url!, request.headers.host);
    // What waits for the end of an answer that is a stream are more than Node takes for a leak.
    response.setMaxListeners(LISTENERS_MAX);
    void answer(request, response);
  };
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      // The app refuses it, in the form of every other refusal.
      requireHostHeader: false,
      headersTimeout: bounds.headersTimeoutMs,
      requestTimeout: bounds.requestTimeoutMs,
      keepAliveTimeout: bounds.keepAliveMs,
      connectionsCheckingInterval: bounds.checkEveryMs,
    },
    onRequest,
  );
  // An expectation that is not known is none of ours: the request is answered as it stands.
  server.on('checkExpectation', onRequest);
  server.timeout = bounds.idleTimeoutMs;
  server.maxConnections = bounds.connectionsMax;
  return server;
}

/** RFC 9112, 3.2.2: a request may name its whole URL, and is answered as one that names the path. One that names another host than its header does is not for us. */
function originForm(target: string, host: string | undefined): string {
  const [, authority, rest] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(target) ?? [];
  if (rest === undefined || authority!.toLowerCase() !== host?.toLowerCase()) return target;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** Makes what ends the server: it waits for what is under way, and for no connection on which nothing is. */
function createClose(server: Server): () => Promise<void> {
  const sockets = new Set<Socket>();
  let closing = false;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  // Node closes what is idle when the end begins, and not what becomes so.
  server.on('request', (_request, response) => response.once('close', () => closing && server.closeIdleConnections()));

  return () =>
    new Promise((resolve) => {
      closing = true;
      // A client that never finishes its request does not hold up the end.
      const bound = setTimeout(() => server.closeAllConnections(), CLOSE_WITHIN_MS);
      server.close(() => {
        clearTimeout(bound);
        resolve();
      });
      server.closeIdleConnections();
      // Opened in advance, as browsers do: nothing has been said, but to Node it waits for headers, and is not idle.
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
