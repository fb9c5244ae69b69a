#!/usr/bin/env node
import { auditCommand } from '../operator/audit/command.ts';
import { printAndExit } from '../operator/command.ts';

printAndExit(await auditCommand(process.argv.slice(2), process.env));
