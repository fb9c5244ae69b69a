import { takeBack } from '../../api/orders/cancellation.ts';
import type { Told } from '../command.ts';
import type { Subject } from './subject.ts';
import type { Tools } from './tools.ts';

/** Takes an order back as its buyer could, on behalf of an operator. Repeated, it says the same. */
export async function cancel({ store, saga }: Tools, { id, placed }: Subject): Promise<Told> {
  if (!placed)
    return { text: `There is no row of order ${id}. To write it again: npm run order -- restore`, exitCode: 1 };
  const { status } = placed;
  if (status === 'CANCELLED')
    return { text: `Order ${id} is CANCELLED already (${placed.reason}). Nothing was done.`, exitCode: 0 };
  const { status: now, reason } = await takeBack(placed, 'operator', { store, saga });
  if (now === 'CANCELLED')
    return {
      text: `Order ${id} was ${status} and is CANCELLED (${reason}): its money is back, or was never taken.`,
      exitCode: 0,
    };
  if (now === 'FAILED')
    return {
      text: `Order ${id} has FAILED (${reason}): no money was taken for it, and there is nothing to take back.`,
      exitCode: 1,
    };
  return {
    text: `Order ${id} is still ${now}. That it is to be cancelled is written down, and happens by itself: see npm run order ${id}`,
    exitCode: 0,
  };
}
