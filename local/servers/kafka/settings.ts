import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface BrokerPlace {
  folder: string;
  port: number;
  controllerPort: number;
}

/** Writes the settings file, formats a new data folder and returns the path of the settings. */
export async function prepareBroker(place: BrokerPlace): Promise<string> {
  const data = join(place.folder, 'data');
  await format(data);
  const file = join(place.folder, 'server.properties');
  const lines = Object.entries(settings(place, data)).map(([name, value]) => `${name}=${value}`);
  await writeFile(file, lines.join('\n') + '\n');
  return file;
}

/** Writes what Kafka's format tool would write, because that tool's JVM takes seconds to start. */
async function format(data: string): Promise<void> {
  const file = join(data, 'meta.properties');
  if (existsSync(file)) return;
  await mkdir(data, { recursive: true });
  await writeFile(file, `version=1\ncluster.id=${randomBytes(16).toString('base64url')}\nnode.id=1\n`);
}

function settings({ port, controllerPort }: BrokerPlace, data: string): Record<string, string | number | boolean> {
  return {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'log.dirs': data,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    // Otherwise a misspelt name would create a topic.
    'auto.create.topics.enable': false,
    ...singleBrokerSettings(),
    // A restarted broker must wait until the session of the killed one expires, which takes 9 s by default.
    'broker.session.timeout.ms': 2000,
    'broker.heartbeat.interval.ms': 500,
    'num.network.threads': 2,
    'num.io.threads': 2,
    'log.cleaner.dedupe.buffer.size': 16_777_216,
  };
}

function singleBrokerSettings(): Record<string, number> {
  return {
    'offsets.topic.num.partitions': 1,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
  };
}
