import { createServer, type RequestListener, type Server } from 'node:http';
import { isIPv6, type AddressInfo } from 'node:net';
import type Koa from 'koa';
import { answerClientErrors, refuse } from './client-error.ts';
import { boundConnections } from './connections.ts';
import { createEnding, type Ending } from './ending.ts';
import { boundPipelining } from './pipelining.ts';
import { normalize, targetFault } from './target.ts';
import { createTraffic, type Traffic } from './traffic.ts';

const HEADER_BYTES_MAX = 16 * 1024;
const LISTENERS_MAX = 20;

/** Limits on clients. */
const BOUNDS = {
  headersTimeoutMs: 10_000,
  /** Includes the body; slower clients are disconnected. */
  requestTimeoutMs: 15_000,
  /**
   * How long an idle connection is kept. The listener must not be the first to close it: a request that a balancer
   * sends at that moment is lost. By default, balancers close theirs after up to 600 s.
   */
  keepAliveMs: 620_000,
  checkEveryMs: 2_000,
  /** A connection without traffic during a request is closed after this time, which exceeds any long poll. */
  idleTimeoutMs: 120_000,
  connectionsMax: 5_000,
  /** Unlimited on an internal listener, where few addresses make all connections. */
  connectionsPerAddressMax: Infinity,
  isShared: (_address: string) => false,
};

export type Bounds = typeof BOUNDS;

export interface Listener extends Ending {
  /** Without a trailing slash. */
  url: string;
  port: number;
}

/** Serves an app, with limits on headers and slow clients. Rejects if the port cannot be bound. */
export async function listen(
  app: Koa,
  { host, port }: { host: string; port: number },
  overrides: Partial<Bounds> = {},
): Promise<Listener> {
  const bounds = { ...BOUNDS, ...overrides };
  const server = createBoundedServer(bounds);
  const traffic = createTraffic();
  boundConnections(server, traffic, bounds);
  boundPipelining(server, traffic);
  answerClientErrors(server, traffic);
  const ending = createEnding(server, traffic);
  serveApp(server, app, traffic);
  await bind(server, host, port);
  const address = server.address() as AddressInfo;
  return { url: urlOf(host, address.port), port: address.port, ...ending };
}

/** The URL at which this machine reaches a listener on `host`. */
export function urlOf(host: string, port: number): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`;
}

function createBoundedServer(bounds: Bounds): Server {
  const server = createServer({
    maxHeaderSize: HEADER_BYTES_MAX,
    // The app itself refuses a missing Host header, with a problem document.
    requireHostHeader: false,
    headersTimeout: bounds.headersTimeoutMs,
    requestTimeout: bounds.requestTimeoutMs,
    keepAliveTimeout: bounds.keepAliveMs,
    connectionsCheckingInterval: bounds.checkEveryMs,
  });
  server.timeout = bounds.idleTimeoutMs;
  return server;
}

function serveApp(server: Server, app: Koa, traffic: Traffic): void {
  const answer = app.callback();
  const onRequest: RequestListener = (request, response) => {
    traffic.begin(request, response);
    const fault = targetFault(request);
    if (fault) return refuse(request, response, fault);
    normalize(request);
    // A streamed response has more than ten `close` listeners; raise Node's leak-warning limit.
    response.setMaxListeners(LISTENERS_MAX);
    void answer(request, response);
  };
  server.on('request', onRequest);
  // Serve a request with an unknown Expect header as if it had none.
  server.on('checkExpectation', onRequest);
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
