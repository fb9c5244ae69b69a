#!/usr/bin/env node
import { printAndExit } from '../operator/command.ts';
import { deadLettersCommand } from '../operator/dead-letters/command.ts';

printAndExit(await deadLettersCommand(process.argv.slice(2), process.env));
