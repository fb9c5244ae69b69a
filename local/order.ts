import { join } from 'node:path';
import { end } from '../bin/command.ts';
import { orderCommand } from '../bin/operator/order-command.ts';
import { readEnvFile } from './env-file.ts';

const DIR = join(import.meta.dirname, '..', '.local');

// What is set wins, so that the same command looks into any installation.
end(await orderCommand(process.argv.slice(2), { ...(await readEnvFile(DIR)), ...process.env }));
