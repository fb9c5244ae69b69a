import { orderCommand } from '../../operator/order/command.ts';
import { runLocally } from './command.ts';

await runLocally(orderCommand);
