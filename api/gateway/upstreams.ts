import type { IncomingHttpHeaders } from 'node:http';
import { Pool, errors, type Dispatcher } from 'undici';
import { KEEP_ALIVE } from '../../lib/http/keep-alive.ts';
import { Problem, unavailable } from '../../lib/http/problem.ts';
import { SERVICE_TOKEN_HEADER } from '../../lib/http/service-tokens.ts';
import { isNotReached } from '../../lib/network-faults.ts';

interface UpstreamRequest {
  method: string;
  /** Raw path and query. */
  path: string;
  headers: Record<string, string>;
  body?: Buffer | undefined;
  signal?: AbortSignal | undefined;
  timeoutMs?: number;
}

export interface UpstreamResponse {
  status: number;
  headers: IncomingHttpHeaders;
  body: Dispatcher.ResponseData['body'];
}

export interface Upstreams {
  roles: readonly string[];
  /** Resolves with the response headers. Throws a Problem if there is no response. Never retries. */
  request(role: string, request: UpstreamRequest): Promise<UpstreamResponse>;
  close(): Promise<void>;
}

/** Longer than any role takes to respond: a client may ask a role to hold a request for 30 s. */
const ANSWER_TIMEOUT_MS = 35_000;
const CONNECT_TIMEOUT_MS = 2_000;
/** As many as the gateway accepts, so no request queues behind a held one. The roles reject excess load themselves. */
const CONNECTIONS_MAX = 5_000;

/** Opens connection pools to the roles behind the gateway. */
export function createUpstreams(
  urls: ReadonlyMap<string, string>,
  {
    tokens = {},
    answerTimeoutMs = ANSWER_TIMEOUT_MS,
  }: {
    /** For each role to which the gateway identifies itself: the source of its tokens for that role. */
    tokens?: Readonly<Record<string, () => string>>;
    answerTimeoutMs?: number;
  } = {},
): Upstreams {
  const pools = new Map([...urls].map(([role, url]) => [role, poolOf(url)]));

  return {
    roles: [...urls.keys()],
    async request(role, { method, path, headers, body, signal, timeoutMs = answerTimeoutMs }) {
      const { pool, prefix } = pools.get(role)!;
      const token = tokens[role]?.();
      const waiting = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs, signal: signal ?? null };
      try {
        const reply = await pool.request({
          method,
          path: prefix + path,
          headers: token === undefined ? headers : { ...headers, [SERVICE_TOKEN_HEADER]: token },
          body: body ?? null,
          ...waiting,
        });
        return { status: reply.statusCode, headers: reply.headers, body: reply.body };
      } catch (error) {
        throw noResponseProblem(error);
      }
    },
    close: async () => void (await Promise.all([...pools.values()].map(({ pool }) => pool.close()))),
  };
}

function poolOf(url: string) {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, {
    connections: CONNECTIONS_MAX,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    ...KEEP_ALIVE,
  });
  return { pool, prefix: pathname.replace(/\/$/, '') };
}

/**
 * Converts the error of a failed request. If no connection was made, the request certainly had no effect, so the client
 * may send it again. After any other error, the outcome is unknown.
 */
export function noResponseProblem(error: unknown): Problem {
  if (isNotReached(error))
    return unavailable('Part of the system is unavailable at the moment. Send the same request again', error);
  const options = { cause: error, headers: { 'retry-after': '1' } };
  if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError)
    return new Problem('gateway-timeout', undefined, options);
  return new Problem('bad-gateway', undefined, options);
}
