import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Json } from './json.ts';

const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

const cli = createRequire(import.meta.url).resolve('@redocly/cli/bin/cli.js');
const config = join(import.meta.dirname, 'redocly.yaml');

/** Keeps Redocly off the network. */
const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', NO_COLOR: '1' };

/** The document as one file, with internal references only. */
export async function bundle(file: string): Promise<Json> {
  return JSON.parse(await redocly('bundle', file, '--ext', 'json'));
}

/** If there are findings, throws an error that lists them. */
export async function lint(file: string, ...options: string[]): Promise<void> {
  await redocly('lint', file, ...options);
}

async function redocly(command: string, ...args: string[]): Promise<string> {
  const run = promisify(execFile)(process.execPath, [cli, command, ...args, '--config', config], {
    env,
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  const { stdout } = await run.catch((error: Error & { stdout?: string; stderr?: string }) => {
    throw new Error(`${error.stdout}${error.stderr}`, { cause: error });
  });
  return stdout;
}
