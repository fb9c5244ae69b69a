import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { ProfileActivities, ProfileVersion } from '../specs/temporal.ts';

/** Retried for ever, because the change is already stored. */
const { openAccount, announceProfile } = proxyActivities<ProfileActivities>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '250ms', backoffCoefficient: 2, maximumInterval: '30s' },
});

/**
 * Propagates a profile change. Every step is safe to repeat, and the workflows of several changes may run in any order.
 */
export async function profile(change: ProfileVersion): Promise<void> {
  showProgress(change, 'opening the billing account, unless it is open');
  await openAccount.executeWithOptions({ summary: 'open the billing account, unless it is open' }, [change]);

  showProgress(change, 'publishing the profile');
  const { version, deleted } = await announceProfile.executeWithOptions(
    { summary: 'publish the current profile, or its deletion' },
    [change],
  );

  showProgress(change, `done: published version ${version}${deleted ? ', a deletion' : ''}`);
}

/** Shows in the Web UI what the workflow is doing, without personal data. */
function showProgress({ userId, version }: ProfileVersion, doing: string): void {
  setCurrentDetails([`### Profile of user ${userId}`, '', `- version: ${version}`, `- now: ${doing}`].join('\n'));
}
