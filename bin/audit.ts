#!/usr/bin/env node
import { auditCommand } from './audit/run.ts';
import { printAndExit } from './command.ts';

printAndExit(await auditCommand(process.argv.slice(2), process.env));
