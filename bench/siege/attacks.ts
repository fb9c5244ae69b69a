import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';

/** What an attacker did, by kind, such as the status of its responses. */
export type Tally = Record<string, number>;

export interface AttackOptions {
  url: URL;
  /** The loopback address that the attacker uses. */
  from: string;
  credentials: { username: string; password: string };
  /** Ends the attack. */
  signal: AbortSignal;
  tally: Tally;
}

const TARGET_BYTES = 16_000;
const TARGETS_PER_SECOND = 20;
const TARGETS_IN_FLIGHT_MAX = 200;
const PIPELINING_CONNECTIONS = 50;
const PIPELINED_BYTES = 52_000;
const IDLE_CONNECTIONS = 5_000;
const LOGINS_AT_ONCE = 60;
/** Reopens connections that the app has closed, at most this many at a time. */
const OPENED_AT_ONCE = 250;
const REOPEN_EVERY_MS = 500;

/** Sends 20 GETs with long targets a second, without waiting for the responses. */
async function longTargets({ url, from, signal, tally }: AttackOptions): Promise<void> {
  const pool = new Pool(url.origin, { connections: TARGETS_IN_FLIGHT_MAX, connect: { localAddress: from } });
  let inFlight = 0;
  const path = `/${'a'.repeat(TARGET_BYTES)}`;
  while (!signal.aborted) {
    if (inFlight < TARGETS_IN_FLIGHT_MAX) {
      inFlight++;
      void counted(tally, () => statusOf(pool, { method: 'GET', path })).finally(() => inFlight--);
    }
    await pause(1000 / TARGETS_PER_SECOND, signal);
  }
  await pool.destroy();
}

/** Requests a static file many times on each connection, but reads no response. */
async function pipelining({ url, from, signal, tally }: AttackOptions): Promise<void> {
  const request = `GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`;
  const requests = request.repeat(Math.ceil(PIPELINED_BYTES / request.length));
  await hold({ url, from, signal, tally }, PIPELINING_CONNECTIONS, (socket) => {
    socket.pause();
    socket.write(requests);
  });
}

const idleConnections = (options: AttackOptions): Promise<void> =>
  // A socket that is not read does not notice that the other side has ended.
  hold(options, IDLE_CONNECTIONS, (socket) => void socket.resume());

/** Logs in to one account on 60 connections without a pause, every other time with a wrong password. */
async function logins({ url, from, credentials, signal, tally }: AttackOptions): Promise<void> {
  const pool = new Pool(url.origin, { connections: LOGINS_AT_ONCE, connect: { localAddress: from } });
  const wrong = { ...credentials, password: randomBytes(12).toString('base64url') };
  const client = async (n: number) => {
    for (let turn = n; !signal.aborted; turn++) {
      const body = JSON.stringify(turn % 2 ? wrong : credentials);
      const headers = { 'content-type': 'application/json' };
      await counted(tally, () => statusOf(pool, { method: 'POST', path: '/auth/login', headers, body, signal }));
    }
  };
  await Promise.all(Array.from({ length: LOGINS_AT_ONCE }, (_, n) => client(n)));
  await pool.destroy();
}

export const attacks = {
  'long targets': longTargets,
  pipelining,
  'idle connections': idleConnections,
  logins,
} as const;

export type AttackName = keyof typeof attacks;

/** Keeps this many connections open until the signal aborts. */
async function hold(
  { url, from, signal, tally }: Omit<AttackOptions, 'credentials'>,
  count: number,
  onConnect: (socket: Socket) => void,
): Promise<void> {
  const open = new Set<Socket>();
  while (!signal.aborted) {
    for (let n = 0; n < OPENED_AT_ONCE && open.size < count; n++) {
      const socket = connect({ host: url.hostname, port: Number(url.port), localAddress: from });
      open.add(socket);
      socket.once('connect', () => (countOne(tally, 'connected'), onConnect(socket)));
      socket.once('error', ({ code }: NodeJS.ErrnoException) => countOne(tally, code ?? 'failed'));
      socket.once('close', () => open.delete(socket));
    }
    await pause(open.size < count ? REOPEN_EVERY_MS / 10 : REOPEN_EVERY_MS, signal);
  }
  tally['open at the end'] = open.size;
  for (const socket of open) socket.destroy();
}

async function statusOf(pool: Pool, request: Parameters<Pool['request']>[0]): Promise<string> {
  const { statusCode, body } = await pool.request(request);
  await body.dump();
  return String(statusCode);
}

async function counted(tally: Tally, act: () => Promise<string>): Promise<void> {
  // The code of an aborted request is a number, which would look like a status.
  const what = await act().catch(({ code, name }: { code?: unknown; name: string }) =>
    typeof code === 'string' ? code : name,
  );
  countOne(tally, what);
}

function countOne(tally: Tally, what: string): void {
  tally[what] = (tally[what] ?? 0) + 1;
}

const pause = (ms: number, signal: AbortSignal): Promise<void> => sleep(ms, undefined, { signal }).catch(() => {});
