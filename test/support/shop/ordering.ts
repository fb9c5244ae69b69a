import { randomUUID } from 'node:crypto';
import { after, beforeEach } from 'node:test';
import { newKey, paid, startOrders, type Ending } from './orders.ts';

/** The order service of the importing test file. */
export const orders = await startOrders();
/** New for each test. The buyer's orders are paid unless `setOutcome` is called. */
export let buyer: string;

beforeEach(() => {
  buyer = randomUUID();
  orders.setOutcome(paid);
  orders.setCancellationOutcome('cancelled');
});
after(() => orders.close());

/** Places an order with this outcome. Returns its id and the request's headers. */
export async function placed(ending: Ending): Promise<{ id: string; headers: Record<string, string> }> {
  orders.setOutcome(ending);
  const headers = newKey();
  const { body } = await orders.place(buyer, headers);
  return { id: body.id ?? body.orderId, headers };
}
