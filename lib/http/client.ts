import { Counter } from 'prom-client';
import { Pool } from 'undici';
import { KEEP_ALIVE } from './keep-alive.ts';

export interface Reply {
  status: number;
  header(name: string): string | undefined;
  /** Undefined if it is not JSON. */
  body: unknown;
  /** The kind of problem (RFC 9457) that the body reports, such as `insufficient-funds`. */
  problem: string | undefined;
}

export interface OutgoingRequest {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
  signal?: AbortSignal;
}

export interface HttpClient {
  /** Resolves with any status. Rejects if there is no response by the deadline: the outcome is then unknown. */
  (request: OutgoingRequest): Promise<Reply>;
  close(): Promise<void>;
}

const CONNECTIONS_MAX = 64;
const BODY_BYTES_MAX = 1024 * 1024;
const PROBLEM_PREFIX = /^\/problems\//;

/** The fault is ours: different clocks or keys. Callers retry, since this says nothing about the request. */
const tokensRefused = new Counter({
  name: 'own_tokens_refused_total',
  help: "Requests to another role that it refused because of this role's token, by address",
  labelNames: ['origin'],
});

/** Sends JSON to another role, with this role's token. */
export function createHttpClient({
  baseUrl,
  deadlineMs,
  token,
}: {
  baseUrl: string;
  deadlineMs: number;
  token?: () => string;
}): HttpClient {
  const { origin, pathname } = new URL(baseUrl);
  const pool = new Pool(origin, {
    connections: CONNECTIONS_MAX,
    ...KEEP_ALIVE,
    connectTimeout: deadlineMs,
    maxResponseSize: BODY_BYTES_MAX,
  });
  const client = async ({ method, path, headers, body, signal }: OutgoingRequest): Promise<Reply> => {
    const deadline = AbortSignal.timeout(deadlineMs);
    const reply = await pool.request({
      method,
      path: pathname.replace(/\/$/, '') + path,
      headers: {
        accept: 'application/json',
        ...(token && { authorization: `Bearer ${token()}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
    });
    const json = readJson(await reply.body.text());
    if (token && reply.statusCode === 401) tokensRefused.inc({ origin });
    return {
      status: reply.statusCode,
      header: (name) => [reply.headers[name.toLowerCase()]].flat()[0],
      body: json,
      problem: problemIn(json),
    };
  };
  return Object.assign(client, { close: () => pool.close() });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function problemIn(body: unknown): string | undefined {
  const { type } = (body ?? {}) as { type?: unknown };
  return typeof type === 'string' ? type.replace(PROBLEM_PREFIX, '') : undefined;
}
