import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa, type ExecaError } from 'execa';
import { installOnce } from '../cache.ts';
import { SetupError } from '../../setup-error.ts';
import { readPins, sha256Of } from '../pins.ts';
import { fetchFailed, requireMaven, type Java } from '../prerequisites.ts';

const POM = join(import.meta.dirname, 'pom.xml');
const LOG_SETTINGS = join(import.meta.dirname, 'log4j2.properties');
/** The hashes of all jars. Maven itself compares a jar only with the checksum from the same repository. */
const PINS = join(import.meta.dirname, 'jars.sha256');
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

export interface KafkaJars {
  name: string;
  classPath: string;
}

/** The broker's jars. They are downloaded again only when the POM or a hash changes. */
export async function kafkaJars(onProgress: (text: string) => void, signal?: AbortSignal): Promise<KafkaJars> {
  const pom = await readFile(POM, 'utf8');
  const version = /<version>(.+?)<\/version>/.exec(pom)?.[1];
  const name = `kafka-${version}-${digest(pom + (await readFile(PINS, 'utf8')))}`;
  const folder = await installOnce({
    name,
    async install(unfinished) {
      await requireMaven();
      onProgress('downloading Kafka with Maven (44 MB, once)');
      const args = [
        '-B',
        '-q',
        '-ntp',
        '--strict-checksums',
        '-f',
        POM,
        COPY,
        '-DincludeScope=runtime',
        `-DoutputDirectory=${unfinished}`,
      ];
      await execa('mvn', args, { all: true, stdin: 'ignore', ...(signal && { cancelSignal: signal }) }).catch(
        (error: ExecaError) => {
          throw fetchFailed('Kafka', error);
        },
      );
      await checkJars(unfinished, await readPins(PINS));
    },
  });
  const jars = (await readdir(folder)).filter((file) => file.endsWith('.jar')).sort();
  return { name, classPath: jars.map((jar) => join(folder, jar)).join(':') };
}

/** Throws unless the folder contains exactly the pinned files. */
export async function checkJars(folder: string, pins: ReadonlyMap<string, string>): Promise<void> {
  const names = new Set([...(await readdir(folder)), ...pins.keys()]);
  const hashOf = (name: string) => sha256Of(join(folder, name)).catch(() => 'missing');
  const checked = await Promise.all([...names].map(async (name) => [name, await hashOf(name)] as const));
  const wrong = checked.filter(([name, hash]) => pins.get(name) !== hash).map(([name]) => name);
  if (wrong.length === 0) return;
  throw new SetupError(`These files of Kafka are not those whose hashes are in ${PINS}: ${wrong.join(', ')}.`);
}

/** Arguments for Java. With a class data archive (CDS) the broker starts three times as fast. */
export function brokerArgs({ classPath }: KafkaJars, settingsFile: string, sharedClasses: string): string[] {
  return [
    '-Xmx256m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    sharedClasses,
    '-Xlog:disable',
    '-Xlog:all=error:stderr',
    `-Dlog4j2.configurationFile=${LOG_SETTINGS}`,
    '-cp',
    classPath,
    'kafka.Kafka',
    settingsFile,
  ];
}

/** Returns the class archive for these jars on this Java. If there is none, `train` makes it by running a broker. */
export async function sharedClassArchive(
  jars: KafkaJars,
  java: Java,
  train: (archive: string) => Promise<void>,
): Promise<string> {
  const folder = await installOnce({
    name: `${jars.name}-classes-${digest(java.build)}`,
    install: (unfinished) => train(join(unfinished, 'kafka.jsa')),
  });
  return join(folder, 'kafka.jsa');
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
