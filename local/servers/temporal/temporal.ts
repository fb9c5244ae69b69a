import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { portNeed } from '../../launch/settings.ts';
import { startServer, waitForPredecessor, type Server } from '../../supervise/server.ts';
import { choosePorts } from '../ports.ts';
import { temporalProgram } from './programs.ts';

export interface TemporalOptions {
  dataDir: string;
  inMemory?: boolean | undefined;
  port?: number | undefined;
  uiPort?: number | undefined;
  /** As the Temporal CLI takes them, such as `OrderStatus=Keyword`. */
  searchAttributes?: readonly string[] | undefined;
  /** Where the worker will decrypt payloads for the Web UI. */
  codecPort?: number | undefined;
  onProgress?: ((text: string) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface TemporalServer extends Server {
  readonly port: number;
  readonly uiPort: number;
  /** As in TEMPORAL_ADDRESS. */
  readonly address: string;
  readonly uiUrl: string;
  readonly codecPort: number | undefined;
  readonly source: string;
}

const START_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 8000;
const RESPONSE_TIMEOUT_MS = 2000;

// The dev server has one history shard and polls each of its queues at most 20 times a second, which delays every
// workflow task by some 50 ms: one order takes 100 ms without these settings, 35 ms with them. A cluster has hundreds
// of shards, so the limit does not matter there. Other settings were measured too and made no difference.
const SETTINGS = ['history.transferProcessorMaxPollRPS=10000', 'history.transferProcessorMaxPollHostRPS=10000'];

/** Starts a Temporal server with Web UI on loopback; a later start on the same folder finds its workflows. */
export async function startTemporal(options: TemporalOptions): Promise<TemporalServer> {
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true });
  const { path, source } = await temporalProgram(options);
  await waitForPredecessor('temporal', dataDir);
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
    probe: () => hasNamespace(ports.http),
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
  { searchAttributes = [], codecPort }: TemporalOptions,
  store: string | undefined,
): string[] {
  // Set all four, because a port that the server picks itself may collide with another server's.
  const ports = { port, 'ui-port': ui, 'http-port': http, 'metrics-port': metrics };
  return [
    ...'server start-dev --ip 127.0.0.1 --log-level error --ui-disable-news-fetch'.split(' '),
    ...Object.entries(ports).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ...(codecPort ? ['--ui-codec-endpoint', `http://127.0.0.1:${codecPort}/codec`] : []),
    ...(store
      ? ['--db-filename', store, '--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=FULL']
      : []),
    ...searchAttributes.flatMap((each) => ['--search-attribute', each]),
    ...SETTINGS.flatMap((setting) => ['--dynamic-config-value', setting]),
  ];
}

/** Uses the HTTP API, which needs no gRPC client. */
async function hasNamespace(httpPort: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${httpPort}/api/v1/namespaces/default`, {
    signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS),
  });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`the namespace does not exist yet (${response.status})`);
}
