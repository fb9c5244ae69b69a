#!/usr/bin/env node
import { printAndExit } from './command.ts';
import { deadLettersCommand } from './dead-letters/command.ts';

printAndExit(await deadLettersCommand(process.argv.slice(2), process.env));
