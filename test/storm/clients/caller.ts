import { Agent, fetch } from 'undici';
import { assertDocumented } from '../../support/openapi.ts';
import type { Asked, Exchange, History } from './history.ts';

export interface Caller {
  /** Sends a request, in the name of a user, and answers what came of it; never rejects for what the network does. */
  ask(asked: Asked, as?: string): Promise<Exchange>;
  close(): Promise<void>;
}

/** Longer than the gateway waits for a session and a role that is paused; what takes longer is as good as broken. */
const PATIENCE_MS = 20_000;
const CONNECTIONS_MAX = 64;
/** Shorter than the gateway keeps an idle connection. */
const KEEP_ALIVE_MS = 10_000;

/** Sends requests to one address and records each. The connections are its own, and so are the bounds on time. */
export function createCaller(url: string, history: History): Caller {
  const dispatcher = new Agent({
    connections: CONNECTIONS_MAX,
    connect: { timeout: PATIENCE_MS },
    headersTimeout: PATIENCE_MS,
    bodyTimeout: PATIENCE_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
  });
  return {
    async ask(asked, as) {
      const beganMs = Date.now();
      const told = await exchange(dispatcher, url, asked);
      return history.add({ as, asked, beganMs, endedMs: Date.now(), ...told });
    },
    close: () => dispatcher.destroy(),
  };
}

type Told = Pick<Exchange, 'answer' | 'broken' | 'undocumented'>;

async function exchange(
  dispatcher: Agent,
  url: string,
  { operation, method, path, headers, body }: Asked,
): Promise<Told> {
  let response: Awaited<ReturnType<typeof fetch>>;
  let text: string;
  try {
    response = await fetch(url + path, {
      dispatcher,
      method,
      headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
    text = await response.text();
  } catch (error) {
    const { message, cause } = error as Error;
    return { broken: cause instanceof Error ? `${message}: ${cause.message}` : message };
  }
  const { status } = response;
  const headersTold = Object.fromEntries(response.headers);
  const isStream = headersTold['content-type']?.startsWith('text/event-stream');
  const answer = { status, headers: pick(headersTold), body: isStream ? dataIn(text) : readJson(text) };
  const kind = (answer.body as { type?: unknown } | undefined)?.type;
  const undocumented = await contradiction(operation, new Response(text || null, { status, headers: headersTold }));
  return {
    answer: { ...answer, ...(status >= 400 && typeof kind === 'string' && { kind: kind.replace('/problems/', '') }) },
    ...(undocumented !== undefined && { undocumented }),
  };
}

/** Those that say something about what was asked. */
const TELLING: readonly string[] = [
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
  Object.fromEntries(Object.entries(headers).filter(([name]) => TELLING.includes(name)));

/** Why the answer is not one that the contract has; undefined when it is. */
async function contradiction(operation: string, response: Response): Promise<string | undefined> {
  try {
    await assertDocumented(operation, response);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** What each event of a stream tells. */
const dataIn = (stream: string): unknown[] => [...stream.matchAll(/^data: (.*)$/gm)].map(([, data]) => readJson(data!));

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
