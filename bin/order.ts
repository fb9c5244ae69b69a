#!/usr/bin/env node
import { end } from './command.ts';
import { orderCommand } from './operator/order-command.ts';

end(await orderCommand(process.argv.slice(2), process.env));
