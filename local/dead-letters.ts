import { deadLettersCommand } from '../bin/dead-letters/command.ts';
import { runLocally } from './command.ts';

await runLocally(deadLettersCommand);
