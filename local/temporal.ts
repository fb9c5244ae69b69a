import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { choosePorts } from './ports.ts';
import { startServer, untilVacant } from './server.ts';
import type { Server } from './server.ts';
import { portNeed } from './settings.ts';
import { temporalProgram } from './temporal-programs.ts';

export interface TemporalOptions {
  /** Its log and ports, and its store unless that is in memory. */
  dataDir: string;
  /** For data that a test throws away. */
  inMemory?: boolean | undefined;
  port?: number | undefined;
  uiPort?: number | undefined;
  /** Types by name, such as `{ OrderStatus: 'Keyword' }`. */
  searchAttributes?: Readonly<Record<string, string>> | undefined;
  /** Where the worker will decrypt for the Web UI, when payloads are encrypted. */
  codecPort?: number | undefined;
  say?: ((text: string) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface TemporalServer extends Server {
  readonly port: number;
  readonly uiPort: number;
  /** As in TEMPORAL_ADDRESS. */
  readonly address: string;
  readonly uiUrl: string;
  readonly codecPort: number | undefined;
  /** Where the program came from, for a person to read. */
  readonly source: string;
}

const START_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 8000;
const ANSWER_WITHIN_MS = 2000;

// A dev server has one history shard and by default reads each of its queues twenty times a second at most, so that every
// workflow task waits some 50 ms for nothing: one order's answer takes 100 ms without this, 35 with it. A cluster has hundreds
// of shards and does not know this limit. Other settings were tried in the same way and changed nothing.
const SETTINGS = ['history.transferProcessorMaxPollRPS=10000', 'history.transferProcessorMaxPollHostRPS=10000'];

/** A Temporal server of our own on loopback, with its Web UI; a second start finds the workflows of the first. */
export async function startTemporal(options: TemporalOptions): Promise<TemporalServer> {
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true });
  const { path, source } = await temporalProgram(options);
  await untilVacant('temporal', dataDir);
  const ports = await choosePorts(join(dataDir, 'ports.json'), {
    port: portNeed('temporal', options.port),
    ui: portNeed('temporalUi', options.uiPort),
    http: portNeed('temporal', undefined),
    metrics: portNeed('temporal', undefined),
  });
  const server = await startServer({
    name: 'temporal',
    dataDir,
    file: path,
    args: serverArgs(ports, options, options.inMemory ? undefined : join(dataDir, 'temporal.db')),
    env: { PATH: process.env['PATH'], HOME: dataDir },
    stopSignal: 'SIGTERM',
    stopWithinMs: STOP_WITHIN_MS,
    startWithinMs: START_WITHIN_MS,
    answers: () => hasNamespace(ports.http),
    signal: options.signal,
  });
  const address = `127.0.0.1:${ports.port}`;
  return {
    ...server,
    port: ports.port,
    uiPort: ports.ui,
    address,
    uiUrl: `http://127.0.0.1:${ports.ui}`,
    codecPort: options.codecPort,
    source,
  };
}

interface Ports {
  port: number;
  ui: number;
  http: number;
  metrics: number;
}

function serverArgs(
  { port, ui, http, metrics }: Ports,
  { searchAttributes = {}, codecPort }: TemporalOptions,
  store: string | undefined,
): string[] {
  // All four: what is not given is picked by the server, and two servers would collide.
  const ports = { port, 'ui-port': ui, 'http-port': http, 'metrics-port': metrics };
  return [
    ...'server start-dev --ip 127.0.0.1 --log-level error --ui-disable-news-fetch'.split(' '),
    ...Object.entries(ports).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ...(codecPort ? ['--ui-codec-endpoint', `http://127.0.0.1:${codecPort}/codec`] : []),
    ...(store
      ? ['--db-filename', store, '--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=FULL']
      : []),
    ...Object.entries(searchAttributes).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
    ...SETTINGS.flatMap((setting) => ['--dynamic-config-value', setting]),
  ];
}

/** Over its HTTP API: a real request, without the weight of a gRPC client. */
async function hasNamespace(httpPort: number): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${httpPort}/api/v1/namespaces/default`, {
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`the namespace is not there yet (${answer.status})`);
}
