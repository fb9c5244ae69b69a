import { deadLettersCommand } from '../bin/dead-letters/command.ts';
import { runHere } from './command.ts';

await runHere(deadLettersCommand);
