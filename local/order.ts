import { orderCommand } from '../bin/operator/order-command.ts';
import { runHere } from './command.ts';

await runHere(orderCommand);
