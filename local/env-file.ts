import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { Env } from '../lib/config.ts';

/** What other programs need to look into the stack. The roles' private keys are not among it. */
const NEEDED = /^(\w+_DATABASE_URL|TEMPORAL_\w+|KAFKA_\w+)$/;

/** Leaves the stack's variables beside its data, readable by their owner only. */
export async function writeEnvFile(dir: string, env: Readonly<Record<string, string>>): Promise<void> {
  const file = fileIn(dir);
  const lines = Object.entries(env)
    .filter(([name]) => NEEDED.test(name))
    .map(([name, value]) => `${name}='${value}'\n`);
  await writeFile(`${file}.new`, lines.join(''), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** The variables of the stack that was started last; none when there was none. */
export async function readEnvFile(dir: string): Promise<Env> {
  return parseEnv(await readFile(fileIn(dir), 'utf8').catch(() => ''));
}

const fileIn = (dir: string): string => join(dir, 'env');
