import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One broker that is its own controller, alone on loopback. */
export interface BrokerPlace {
  folder: string;
  port: number;
  controllerPort: number;
}

/** Writes the broker's settings, and formats its data folder when it is new. Answers the settings file. */
export async function prepareBroker(place: BrokerPlace): Promise<string> {
  const data = join(place.folder, 'data');
  await format(data);
  const file = join(place.folder, 'server.properties');
  const lines = Object.entries(settings(place, data)).map(([name, value]) => `${name}=${value}`);
  await writeFile(file, lines.join('\n') + '\n');
  return file;
}

/** What the format tool writes, without the seconds that its JVM takes. */
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
    // A topic exists because the installation made it, never because somebody misspelt its name.
    'auto.create.topics.enable': false,
    ...aloneSettings(),
    // After a kill the controller believes the old broker alive until its session ends; by default that is 9 s.
    'broker.session.timeout.ms': 2000,
    'broker.heartbeat.interval.ms': 500,
    'num.network.threads': 2,
    'num.io.threads': 2,
    'log.cleaner.dedupe.buffer.size': 16_777_216,
  };
}

/** There is one broker: nothing can be in three places, and no member of a group need be waited for. */
function aloneSettings(): Record<string, number> {
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
