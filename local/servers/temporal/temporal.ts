import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { createTemporal } from '../../../lib/temporal/client.ts';
import { portNeed } from '../../launch/settings.ts';
import { startServer, waitForPredecessor, type Server } from '../../supervise/server.ts';
import { noBrowserPorts } from '../no-browser-ports.ts';
import { choosePorts } from '../ports.ts';
import { temporalProgram } from './programs.ts';
import { serveWebUi } from './web-ui.ts';

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
const SPEED = ['history.transferProcessorMaxPollRPS=10000', 'history.transferProcessorMaxPollHostRPS=10000'];
// The HTTP API accepts POST requests of any web page, and it cannot be turned off. An empty list of hosts makes it
// refuse all requests.
const NO_HTTP_API = ['frontend.httpAllowedHosts=[]'];

/** Starts a Temporal server with Web UI on loopback; a later start on the same folder finds its workflows. */
export async function startTemporal(options: TemporalOptions): Promise<TemporalServer> {
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true });
  const { path, source } = await temporalProgram(options);
  await waitForPredecessor('temporal', dataDir);
  const ports = await choosePorts(join(dataDir, 'ports.json'), {
    port: portNeed('temporal', options.port),
    ui: portNeed('temporalUi', options.uiPort),
  });
  const [uiUpstream, http, metrics] = await noBrowserPorts(3, 'Temporal');
  const server = await startServer({
    name: 'temporal',
    dataDir,
    file: path,
    args: serverArgs(
      { port: ports.port, uiUpstream, http, metrics },
      options,
      options.inMemory ? undefined : join(dataDir, 'temporal.db'),
    ),
    env: { PATH: process.env['PATH'], HOME: dataDir },
    stopSignal: 'SIGTERM',
    stopWithinMs: STOP_WITHIN_MS,
    startWithinMs: START_WITHIN_MS,
    probe: () => hasNamespace(ports.port),
    signal: options.signal,
  });
  const address = `127.0.0.1:${ports.port}`;
  return {
    ...(await withWebUi(server, ports.ui, uiUpstream)),
    port: ports.port,
    uiPort: ports.ui,
    address,
    uiUrl: `http://127.0.0.1:${ports.ui}`,
    codecPort: options.codecPort,
    source,
  };
}

/** Serves the Web UI for as long as the server runs. */
async function withWebUi(server: Server, port: number, upstreamPort: number): Promise<Server> {
  const webUi = await serveWebUi(port, upstreamPort).catch(async (error: unknown) => {
    await server.stop();
    throw error;
  });
  // The port is freed before the server's exit is known, because a restart needs the port again.
  const exited = server.exited.then(async (exit) => {
    await webUi.close();
    return exit;
  });
  const stop = async () => {
    await server.stop();
    await exited;
  };
  return { ...server, exited, stop };
}

interface Ports {
  port: number;
  uiUpstream: number;
  http: number;
  metrics: number;
}

function serverArgs(
  { port, uiUpstream, http, metrics }: Ports,
  { searchAttributes = [], codecPort }: TemporalOptions,
  store: string | undefined,
): string[] {
  // Set all four, because a port that the server picks itself may collide with another server's.
  const ports = { port, 'ui-port': uiUpstream, 'http-port': http, 'metrics-port': metrics };
  return [
    ...'server start-dev --ip 127.0.0.1 --log-level error --ui-disable-news-fetch'.split(' '),
    ...Object.entries(ports).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ...(codecPort ? ['--ui-codec-endpoint', `http://127.0.0.1:${codecPort}/codec`] : []),
    ...(store
      ? ['--db-filename', store, '--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=FULL']
      : []),
    ...searchAttributes.flatMap((each) => ['--search-attribute', each]),
    ...[...SPEED, ...NO_HTTP_API].flatMap((setting) => ['--dynamic-config-value', setting]),
  ];
}

/** Opens a TCP connection first: a gRPC client whose first attempt fails waits for up to a second before the next. */
async function hasNamespace(port: number): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', timeout: RESPONSE_TIMEOUT_MS });
  socket.once('timeout', () => socket.destroy(new Error('no connection')));
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
  const temporal = createTemporal({ address: `127.0.0.1:${port}`, namespace: 'default', tls: false });
  try {
    await temporal.check();
  } finally {
    await temporal.close();
  }
}
