import { timingSafeEqual } from 'node:crypto';
import {
  STATUS_CODES,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Duplex } from 'node:stream';

/** Why a request is not served. */
interface Refusal {
  status: 401 | 403;
  reason: string;
  headers?: OutgoingHttpHeaders;
}

export type Check = (request: IncomingMessage) => Refusal | undefined;

/** Names under which a browser reaches a loopback listener. Any other name in `Host` comes from DNS rebinding. */
const NAMES = ['127.0.0.1', 'localhost'];

/** Refuses requests that a web page of another site, or of another port, makes a browser send to this machine. */
export const refusePages: Check = (request) => {
  const { host = '', origin, 'sec-fetch-site': site } = request.headers;
  const hosts = NAMES.map((name) => `${name}:${request.socket.localPort}`);
  if (!hosts.includes(host.toLowerCase()))
    return { status: 403, reason: `This server is ${hosts[0]}, not "${host}". Open http://${hosts[0]}/ instead.` };
  const isOwn = origin === undefined || hosts.some((each) => origin === `http://${each}`);
  // Browsers send `none` if the user typed the address. Programs send no such header.
  if (isOwn && (site === undefined || site === 'same-origin' || site === 'none')) return undefined;
  return { status: 403, reason: `Pages of other sites may not use this server. Type the address into the browser.` };
};

/** Requires a user and a password, by HTTP Basic authentication. */
export function requirePassword(user: string, password: string): Check {
  const expected = basic(user, password);
  return (request) => {
    if (sameText(request.headers.authorization ?? '', expected)) return undefined;
    const reason = 'Log in with the user and the password that `npm start` prints.';
    return { status: 401, reason, headers: { 'www-authenticate': 'Basic realm="local"' } };
  };
}

/** The `Authorization` header of a user with a password. */
export const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** Runs checks before all present listeners of the server, including those for WebSockets. */
export function guardServer(server: Server, checks: readonly Check[]): void {
  const refusalOf = (request: IncomingMessage) => checks.map((check) => check(request)).find(Boolean);
  for (const event of ['request', 'upgrade'] as const) {
    const listeners = server.listeners(event);
    server.removeAllListeners(event);
    if (listeners.length === 0) continue;
    server.on(event, (request: IncomingMessage, target: ServerResponse | Duplex, ...rest: unknown[]) => {
      const refusal = refusalOf(request);
      if (refusal) return refuse(target, refusal);
      for (const listener of listeners) Reflect.apply(listener, server, [request, target, ...rest]);
    });
  }
}

function refuse(target: ServerResponse | Duplex, { status, reason, headers }: Refusal): void {
  if (!('writeHead' in target)) {
    target.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
    return;
  }
  target.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close', ...headers });
  target.end(`${reason}\n`);
}

function sameText(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
