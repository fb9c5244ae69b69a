import { cancelPlacedOrder } from '../../api/orders/cancellation.ts';
import type { CommandResult } from '../command.ts';
import type { Tools } from '../tools.ts';
import type { Subject } from './subject.ts';

/** Cancels an order as its buyer could. Safe to repeat. */
export async function cancel({ store, saga }: Tools, { id, placed }: Subject): Promise<CommandResult> {
  if (!placed)
    return {
      text: `Order ${id} has no row, so it cannot be cancelled. To recreate the row: npm run order -- restore ${id} --reason "<why>"`,
      exitCode: 1,
    };
  const { status } = placed;
  if (status === 'CANCELLED')
    return { text: `Order ${id} is already CANCELLED (${placed.reason}). Nothing was done.`, exitCode: 0 };
  const { status: now, reason } = await cancelPlacedOrder(placed, 'operator', { store, saga });
  if (now === 'CANCELLED')
    return {
      text: `Order ${id} was ${status} and is now CANCELLED (${reason}). If it was charged, the money has been refunded.`,
      exitCode: 0,
    };
  if (now === 'FAILED')
    return {
      text: `Order ${id} has FAILED (${reason}): no money was taken for it, so there is nothing to cancel.`,
      exitCode: 1,
    };
  return {
    text: `Order ${id} is still ${now}. The cancellation is recorded and will complete without further action. To follow it: npm run order ${id}`,
    exitCode: 0,
  };
}
