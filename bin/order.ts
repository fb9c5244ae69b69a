#!/usr/bin/env node
import { tellOrder } from './story/order-story.ts';

const { text, exitCode } = await tellOrder(process.argv.slice(2), process.env);
(exitCode === 2 ? process.stderr : process.stdout).write(`${text}\n`);
process.exitCode = exitCode;
