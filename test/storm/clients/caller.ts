import { Agent, fetch } from 'undici';
import { assertDocumented } from '../../support/requests/openapi.ts';
import type { ApiRequest, Exchange, History } from './history.ts';

export interface Caller {
  /** Sends a request and records the exchange, with the user if one is given. Records a network failure too. */
  send(request: ApiRequest, userId?: string): Promise<Exchange>;
  close(): Promise<void>;
}

/** Longer than the gateway's wait for auth and the longest pause of a role together. */
const TIMEOUT_MS = 20_000;
const CONNECTIONS_MAX = 64;
/** Shorter than the gateway keeps idle connections open, so that the client closes them first. */
const KEEP_ALIVE_MS = 10_000;

/** Sends requests to one address and records each exchange. It has its own connections and timeouts. */
export function createCaller(url: string, history: History): Caller {
  const dispatcher = new Agent({
    connections: CONNECTIONS_MAX,
    connect: { timeout: TIMEOUT_MS },
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // The gateway's hint would extend it.
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
  });
  return {
    async send(request, userId) {
      const startedMs = Date.now();
      const result = await exchange(dispatcher, url, request);
      return history.add({ userId, request, startedMs, endedMs: Date.now(), ...result });
    },
    close: () => dispatcher.destroy(),
  };
}

type Result = Pick<Exchange, 'response' | 'connectionError' | 'undocumented'>;

async function exchange(
  dispatcher: Agent,
  url: string,
  { operation, method, path, headers, body }: ApiRequest,
): Promise<Result> {
  let received: Awaited<ReturnType<typeof fetch>>;
  let text: string;
  try {
    received = await fetch(url + path, {
      dispatcher,
      method,
      headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
    text = await received.text();
  } catch (error) {
    const { message, cause } = error as Error;
    return { connectionError: cause instanceof Error ? `${message}: ${cause.message}` : message };
  }
  const { status } = received;
  const headersReceived = Object.fromEntries(received.headers);
  const isStream = headersReceived['content-type']?.startsWith('text/event-stream');
  const response = { status, headers: pick(headersReceived), body: isStream ? dataIn(text) : readJson(text) };
  const kind = (response.body as { type?: unknown } | undefined)?.type;
  const undocumented = await contradiction(operation, new Response(text || null, { status, headers: headersReceived }));
  return {
    response: {
      ...response,
      ...(status >= 400 && typeof kind === 'string' && { kind: kind.replace('/problems/', '') }),
    },
    ...(undocumented !== undefined && { undocumented }),
  };
}

const RECORDED_HEADERS: readonly string[] = [
  'etag',
  'location',
  'retry-after',
  'idempotent-replayed',
  'link',
  'set-cookie',
  'x-correlation-id',
  'x-user-id',
];
const pick = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => RECORDED_HEADERS.includes(name)));

async function contradiction(operation: string, response: Response): Promise<string | undefined> {
  try {
    await assertDocumented(operation, response);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const dataIn = (stream: string): unknown[] => [...stream.matchAll(/^data: (.*)$/gm)].map(([, data]) => readJson(data!));

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
