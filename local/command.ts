import { join } from 'node:path';
import { end, type Told } from '../bin/command.ts';
import type { Env } from '../lib/config.ts';
import { readEnvFile } from './env-file.ts';

const DIR = join(import.meta.dirname, '..', '.local');

/** Runs a command with the words of this process, on the installation that was started here. What is set wins, so that it looks into any other as well. */
export async function runHere(command: (words: readonly string[], env: Env) => Promise<Told>): Promise<void> {
  end(await command(process.argv.slice(2), { ...(await readEnvFile(DIR)), ...process.env }));
}
