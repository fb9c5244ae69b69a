import type { IncomingHttpHeaders } from 'node:http';
import { Pool, errors, type Dispatcher } from 'undici';
import { Problem, unavailable } from '../../lib/problem.ts';

export interface Ask {
  method: string;
  /** With the query, in the form in which it was checked. */
  path: string;
  headers: Record<string, string>;
  body?: Buffer | undefined;
  signal?: AbortSignal | undefined;
  /** How long to wait for the answer, where that is shorter than usual. */
  timeoutMs?: number;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Dispatcher.ResponseData['body'];
}

export interface Upstreams {
  /** The roles that can be asked. */
  roles: readonly string[];
  /** What the role answers, its body still on its way. Rejects with a Problem when it does not answer. Nothing is asked twice. */
  ask(role: string, ask: Ask): Promise<Answer>;
  close(): Promise<void>;
}

/** Longer than any role takes to give up by itself: a request may ask to be held for 30 s. */
const ANSWER_TIMEOUT_MS = 35_000;
const CONNECT_TIMEOUT_MS = 2_000;
/** Shorter than the roles keep an idle connection, so that no request is sent into one that is being closed. */
const KEEP_ALIVE_MS = 30_000;
/** As many as the gateway has itself: whatever is held, a stream of events or a wait, nothing else queues behind it. Roles refuse what is too much. */
const CONNECTIONS_MAX = 5_000;

/** Connections to the roles behind the gateway. */
export function createUpstreams(
  urls: ReadonlyMap<string, string>,
  { answerTimeoutMs = ANSWER_TIMEOUT_MS } = {},
): Upstreams {
  const pools = new Map([...urls].map(([role, url]) => [role, poolOf(url)]));

  return {
    roles: [...urls.keys()],
    async ask(role, { method, path, headers, body, signal, timeoutMs = answerTimeoutMs }) {
      const { pool, prefix } = pools.get(role)!;
      const waiting = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs, signal: signal ?? null };
      try {
        const reply = await pool.request({ method, path: prefix + path, headers, body: body ?? null, ...waiting });
        return { status: reply.statusCode, headers: reply.headers, body: reply.body };
      } catch (error) {
        throw unanswered(error);
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
    keepAliveTimeout: KEEP_ALIVE_MS,
  });
  return { pool, prefix: pathname.replace(/\/$/, '') };
}

const NOT_REACHED = /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT)$/;

/** What it means that no answer came. Only for a connection that was never made is it certain that nothing has happened. */
export function unanswered(error: unknown): Problem {
  const { code } = error as { code?: string };
  if (NOT_REACHED.test(code ?? ''))
    return unavailable('A part of the system is away at the moment. Send the same request again', error);
  const options = { cause: error, headers: { 'retry-after': '1' } };
  if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError)
    return new Problem('gateway-timeout', undefined, options);
  return new Problem('bad-gateway', undefined, options);
}
