#!/usr/bin/env node
import { end } from './command.ts';
import { deadLettersCommand } from './dead-letters/command.ts';

end(await deadLettersCommand(process.argv.slice(2), process.env));
