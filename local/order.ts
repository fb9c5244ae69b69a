import { join } from 'node:path';
import { tellOrder } from '../bin/story/order-story.ts';
import { readEnvFile } from './env-file.ts';

const DIR = join(import.meta.dirname, '..', '.local');

// What is set wins, so that the same command looks into any installation.
const { text, exitCode } = await tellOrder(process.argv.slice(2), { ...(await readEnvFile(DIR)), ...process.env });
(exitCode === 2 ? process.stderr : process.stdout).write(`${text}\n`);
process.exitCode = exitCode;
