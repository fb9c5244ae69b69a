import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import '../../../lib/kafka/timer.ts';
import { portNeed } from '../../launch/settings.ts';
import { startServer, waitForPredecessor, type Server } from '../../supervise/server.ts';
import { choosePorts } from '../ports.ts';
import { requireJava, type Java } from '../prerequisites.ts';
import { brokerArgs, kafkaJars, sharedClassArchive, type KafkaJars } from './java.ts';
import { prepareBroker, type BrokerPlace } from './settings.ts';

export interface KafkaOptions {
  dataDir: string;
  port?: number | undefined;
  controllerPort?: number | undefined;
  onProgress?: ((text: string) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface KafkaServer extends Server {
  readonly port: number;
  readonly controllerPort: number;
  /** As in KAFKA_BROKERS. */
  readonly brokers: string;
}

const START_WITHIN_MS = 90_000;
const STOP_WITHIN_MS = 9000;
const RESPONSE_TIMEOUT_MS = 2000;

/** Starts a Kafka broker on loopback; a later start on the same folder finds its messages. */
export async function startKafka({
  dataDir,
  port,
  controllerPort,
  onProgress = () => {},
  signal,
}: KafkaOptions): Promise<KafkaServer> {
  const folder = resolve(dataDir);
  await mkdir(folder, { recursive: true });
  const java = await requireJava();
  const jars = await kafkaJars(onProgress, signal);
  const archive = await sharedClassArchive(jars, java, (file) => {
    onProgress('preparing faster starts of Kafka (once)');
    return train({ java, jars, archive: file, signal });
  });
  await waitForPredecessor('kafka', folder);
  const ports = await choosePorts(join(folder, 'ports.json'), {
    port: portNeed('kafka', port),
    controllerPort: portNeed('kafkaController', controllerPort),
  });
  const server = await startBroker({
    java,
    jars,
    place: { folder, ...ports },
    sharedClasses: `-XX:SharedArchiveFile=${archive}`,
    signal,
  });
  return { ...server, ...ports, brokers: `127.0.0.1:${ports.port}` };
}

interface BrokerPlan {
  java: Java;
  jars: KafkaJars;
  place: BrokerPlace;
  sharedClasses: string;
  signal: AbortSignal | undefined;
}

async function startBroker({ java, jars, place, sharedClasses, signal }: BrokerPlan): Promise<Server> {
  const settingsFile = await prepareBroker(place);
  return startServer({
    name: 'kafka',
    dataDir: place.folder,
    file: java.file,
    args: brokerArgs(jars, settingsFile, sharedClasses),
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    stopSignal: 'SIGTERM',
    stopWithinMs: STOP_WITHIN_MS,
    startWithinMs: START_WITHIN_MS,
    probe: () => hasJoinedCluster(place.port),
    signal,
  });
}

/** Starts a broker and stops it. As it exits, the broker writes the classes that it has loaded to the archive. */
async function train({
  java,
  jars,
  archive,
  signal,
}: Omit<BrokerPlan, 'place' | 'sharedClasses'> & { archive: string }): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'order-saga-kafka-'));
  try {
    const ports = await choosePorts(join(scratch, 'ports.json'), {
      port: portNeed('kafka', undefined),
      controllerPort: portNeed('kafkaController', undefined),
    });
    const broker = await startBroker({
      java,
      jars,
      place: { folder: scratch, ...ports },
      sharedClasses: `-XX:ArchiveClassesAtExit=${archive}`,
      signal,
    });
    await broker.stop();
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** A broker listens before it serves. It serves once its cluster lists it. */
async function hasJoinedCluster(port: number): Promise<void> {
  if ((await brokerCount([`127.0.0.1:${port}`])) === 0) throw new Error('the broker has not joined its cluster yet');
}

/** Rejects if no broker responds. */
export async function brokerCount(brokers: string[]): Promise<number> {
  const timeouts = { connectionTimeout: RESPONSE_TIMEOUT_MS, requestTimeout: RESPONSE_TIMEOUT_MS };
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING, ...timeouts, retry: { retries: 0 } }).admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.length;
  } finally {
    await admin.disconnect();
  }
}
