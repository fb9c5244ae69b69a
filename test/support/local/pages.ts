/** Requests that a web page can make a browser send to a port of this machine without asking the server first. */
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { request as send, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Attempt {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string;
}

export interface Answer {
  /** 0 if the server's answer is not HTTP. */
  status: number;
  body: string;
  headers: IncomingMessage['headers'];
}

const HTTP_WITHIN_MS = 10_000;

/** Sends a request with any `Host` and `Origin`, which `fetch` would not allow. */
export async function attempt(
  port: number,
  { method = 'GET', path = '/', headers = {}, body }: Attempt,
): Promise<Answer> {
  const signal = AbortSignal.timeout(HTTP_WITHIN_MS);
  const request = send({ host: '127.0.0.1', port, method, path, headers, signal, agent: false });
  try {
    request.end(body);
    const upgraded = once(request, 'upgrade', { signal });
    upgraded.catch(() => {});
    const [response, socket] = (await Promise.race([once(request, 'response'), upgraded])) as [
      IncomingMessage,
      Socket?,
    ];
    if (socket) {
      socket.destroy();
      return { status: 101, body: '', headers: response.headers };
    }
    return { status: response.statusCode ?? 0, body: await text(response), headers: response.headers };
  } catch {
    return { status: 0, body: '', headers: {} };
  }
}

/** The same request, as a page of another site sends it, and as a page sends it after DNS rebinding. */
export const asPages = (port: number, attempt: Attempt): Attempt[] => [
  withHeaders(attempt, { origin: 'https://attacker.example', 'sec-fetch-site': 'cross-site' }),
  withHeaders(attempt, { origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site' }),
  withHeaders(attempt, { origin: 'null', 'sec-fetch-site': 'cross-site' }),
  withHeaders(attempt, { 'sec-fetch-site': 'cross-site' }),
  withHeaders(attempt, { host: `attacker.example:${port}` }),
  withHeaders(attempt, {
    host: `attacker.example:${port}`,
    origin: `http://attacker.example:${port}`,
    'sec-fetch-site': 'same-origin',
  }),
];

const withHeaders = (attempt: Attempt, headers: Record<string, string>): Attempt => ({
  ...attempt,
  headers: { ...attempt.headers, ...headers },
});

/** The ports on which a process listens. Linux only. */
export function listeningPorts(pid: number): number[] {
  const sockets = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => /socket:\[(\d+)\]/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1] ?? []),
  );
  const rows = ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8').split('\n').slice(1),
  );
  return rows.flatMap((row) => {
    const [, local = '', , state, , , , , , inode = ''] = row.trim().split(/\s+/);
    return state === '0A' && sockets.has(inode) ? [Number.parseInt(local.split(':')[1]!, 16)] : [];
  });
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
