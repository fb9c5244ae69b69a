#!/usr/bin/env node
import { printAndExit } from '../operator/command.ts';
import { orderCommand } from '../operator/order/command.ts';

printAndExit(await orderCommand(process.argv.slice(2), process.env));
