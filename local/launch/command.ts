import { join } from 'node:path';
import type { Env } from '../../lib/config.ts';
import { printAndExit, type CommandResult } from '../../operator/command.ts';
import { readEnvFile } from './env-file.ts';

const DIR = join(import.meta.dirname, '..', '..', '.local');

/** Runs a command on the local installation, or on another one if the environment sets its variables. */
export async function runLocally(
  command: (words: readonly string[], env: Env) => Promise<CommandResult>,
): Promise<void> {
  printAndExit(await command(process.argv.slice(2), { ...(await readEnvFile(DIR)), ...process.env }));
}
