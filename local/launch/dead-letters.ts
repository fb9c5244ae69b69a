import { deadLettersCommand } from '../../operator/dead-letters/command.ts';
import { runLocally } from './command.ts';

await runLocally(deadLettersCommand);
