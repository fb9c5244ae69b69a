import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { IN_PROGRESS, searchAttributes, type OrderInput, type SettledOrder } from '../specs/temporal.ts';

/** Shows in the Web UI what the workflow is doing. */
export function showProgress({ orderId, price, chargeKey }: OrderInput, doing: string, settled?: SettledOrder): void {
  const status = settled
    ? `**${settled.status}**${settled.reason ? ` (${settled.reason})` : ''}`
    : `**${IN_PROGRESS}**`;
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

/** Makes the workflow searchable by the final status. */
export const makeSearchable = ({ status }: SettledOrder): void =>
  upsertSearchAttributes([{ key: searchAttributes.status, value: status }]);

/** Makes the workflow searchable by the stuck step, and shows the reason in the Web UI. */
export function markStuck(order: OrderInput, step: string, reason: string, settled?: SettledOrder): void {
  upsertSearchAttributes([{ key: searchAttributes.stuck, value: step }]);
  showProgress(
    order,
    `**stuck**: ${step} has not succeeded for more than a minute and keeps retrying. Last failure: ${reason}`,
    settled,
  );
}

/** Removes the search attribute that `markStuck` has set. The next `showProgress` replaces the text. */
export const clearStuck = (): void => upsertSearchAttributes([{ key: searchAttributes.stuck, value: null }]);
