#!/usr/bin/env node
import { printAndExit } from '../operator/command.ts';
import { mailsCommand } from '../operator/mails/command.ts';

printAndExit(await mailsCommand(process.argv.slice(2), process.env));
