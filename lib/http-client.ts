import { Pool, errors } from 'undici';

export interface Reply {
  status: number;
  header(name: string): string | undefined;
  /** The parsed JSON body; undefined when there was none, or none that can be read. */
  body: unknown;
}

export interface Ask {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
  /** Ends the request early: the caller was cancelled. */
  signal?: AbortSignal;
}

export interface HttpClient {
  /** Answers whatever the other side said. Rejects, within the deadline, when it said nothing: then nothing is known. */
  (ask: Ask): Promise<Reply>;
  close(): Promise<void>;
}

const CONNECTIONS_MAX = 64;
const KEEP_ALIVE_MS = 30_000;
const BODY_BYTES_MAX = 1024 * 1024;

/** Talks JSON to another role. Every request carries this role's token and ends within `deadlineMs`. */
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
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectTimeout: deadlineMs,
    maxResponseSize: BODY_BYTES_MAX,
  });
  const client = async ({ method, path, headers, body, signal }: Ask): Promise<Reply> => {
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
    const text = await reply.body.text();
    return {
      status: reply.statusCode,
      header: (name) => [reply.headers[name.toLowerCase()]].flat()[0],
      body: readJson(text),
    };
  };
  return Object.assign(client, { close: () => pool.close() });
}

/** True when the other side was not reached or did not answer: the request may or may not have had its effect. */
export const isUnanswered = (error: unknown): boolean =>
  error instanceof errors.UndiciError ||
  (error instanceof Error &&
    (error.name === 'TimeoutError' || error.name === 'AbortError' || 'syscall' in error || 'code' in error));

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
