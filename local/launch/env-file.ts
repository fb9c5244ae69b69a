import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { Env } from '../../lib/config.ts';

/** What the operator commands need. Excludes the roles' private keys. */
const NEEDED = /^(\w+_DATABASE_URL|TEMPORAL_\w+|KAFKA_\w+)$/;

/** Stores the stack's variables for the operator commands, readable by the owner only. */
export async function writeEnvFile(dir: string, env: Readonly<Record<string, string>>): Promise<void> {
  const file = fileIn(dir);
  const lines = Object.entries(env)
    .filter(([name]) => NEEDED.test(name))
    .map(([name, value]) => `${name}='${value}'\n`);
  await writeFile(`${file}.new`, lines.join(''), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** The stored variables; empty if there are none. */
export async function readEnvFile(dir: string): Promise<Env> {
  return parseEnv(await readFile(fileIn(dir), 'utf8').catch(() => ''));
}

const fileIn = (dir: string): string => join(dir, 'env');
