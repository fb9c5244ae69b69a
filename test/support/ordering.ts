import { randomUUID } from 'node:crypto';
import { after, beforeEach } from 'node:test';
import { newKey, paid, startOrders, type Ending } from './orders.ts';

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

/** An order of the buyer that has ended so, or is in progress, and the headers of the request that placed it. */
export async function placed(ending: Ending): Promise<{ id: string; headers: Record<string, string> }> {
  orders.end(ending);
  const headers = newKey();
  const { body } = await orders.place(buyer, headers);
  return { id: body.id ?? body.orderId, headers };
}
