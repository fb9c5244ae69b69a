import { join } from 'node:path';
import { end } from '../bin/command.ts';
import { deadLettersCommand } from '../bin/dead-letters/command.ts';
import { readEnvFile } from './env-file.ts';

const DIR = join(import.meta.dirname, '..', '.local');

// What is set wins, so that the same command looks into any installation.
end(await deadLettersCommand(process.argv.slice(2), { ...(await readEnvFile(DIR)), ...process.env }));
