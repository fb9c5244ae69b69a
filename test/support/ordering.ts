import { randomUUID } from 'node:crypto';
import { after, beforeEach } from 'node:test';
import { paid, startOrders } from './orders.ts';

/** The order service of the test file that imports this: it is there from its first test to its last. */
export const orders = await startOrders();
/** Another one for each test. What they order is paid, until a test says otherwise. */
export let buyer: string;

beforeEach(() => {
  buyer = randomUUID();
  orders.end(paid);
  orders.endCancellations('cancelled');
});
after(() => orders.close());
