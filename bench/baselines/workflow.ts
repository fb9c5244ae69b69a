import {
  allHandlersFinished,
  condition,
  defineUpdate,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
} from '@temporalio/workflow';
import type { BareActivities } from './activities.ts';

// Same settings as in an order.
const regular = proxyActivities<BareActivities>({
  startToCloseTimeout: '5s',
  retry: { initialInterval: '250ms', backoffCoefficient: 2, maximumInterval: '30s' },
});
const local = proxyLocalActivities<BareActivities>({
  startToCloseTimeout: '2s',
  scheduleToCloseTimeout: '3s',
  retry: { maximumAttempts: 1 },
});

/** An order's workflow with steps that do nothing, to measure Temporal alone. */
export async function bare(mode: 'local' | 'regular'): Promise<string> {
  let settled = false;
  setHandler(defineUpdate<string>('outcome'), async () => {
    await condition(() => settled);
    return 'SUCCESS';
  });
  const { charge, settle } = mode === 'local' ? local : regular;
  await charge();
  await settle();
  settled = true;
  await regular.announce();
  await condition(allHandlersFinished);
  return 'SUCCESS';
}
