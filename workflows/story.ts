import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { OrderInput, SettledOrder } from './order.ts';

const ORDER_STATUS = { name: 'OrderStatus', type: 'KEYWORD' } as const;
const ORDER_STUCK = { name: 'OrderStuck', type: 'KEYWORD' } as const;

/** Says in the Web UI where the order stands. */
export function tell({ orderId, price, chargeKey }: OrderInput, doing: string, settled?: SettledOrder): void {
  const status = settled ? `**${settled.status}**${settled.reason ? ` (${settled.reason})` : ''}` : '**IN_PROGRESS**';
  setCurrentDetails(
    [
      `### Order ${orderId}`,
      '',
      `- status: ${status}`,
      `- price: ${price}`,
      `- charge key: \`${chargeKey}\``,
      `- now: ${doing}`,
    ].join('\n'),
  );
}

/** Makes the order searchable by what became of it. */
export const index = ({ status }: SettledOrder): void => upsertSearchAttributes([{ key: ORDER_STATUS, value: status }]);

/** Makes an order that does not get on searchable by the step that it stands at. */
export function tellStuck(order: OrderInput, step: string, reason: string, settled?: SettledOrder): void {
  upsertSearchAttributes([{ key: ORDER_STUCK, value: step }]);
  tell(
    order,
    `**stuck**: ${step} has not succeeded for more than a minute, and is tried on. The last try: ${reason}`,
    settled,
  );
}

/** It got on, or was given up. */
export const clearStuck = (): void => upsertSearchAttributes([{ key: ORDER_STUCK, value: null }]);
