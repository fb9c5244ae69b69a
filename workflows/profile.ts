import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { ProfileActivities, ProfileVersion } from '../activities/profile.ts';

/** Tried without end: the change has been made, and others have to hear of it. */
const { openAccount, announceProfile } = proxyActivities<ProfileActivities>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '250ms', backoffCoefficient: 2, maximumInterval: '30s' },
});

/** Takes a profile's change to where others need it. Every step may be repeated, by a retry or by a new run, and in any order with other changes. */
export async function profile(change: ProfileVersion): Promise<void> {
  tell(change, 'opening the billing account, unless it is open');
  await openAccount.executeWithOptions({ summary: 'open the billing account, unless it is open' }, [change]);

  tell(change, 'announcing the profile');
  const { version, deleted } = await announceProfile.executeWithOptions(
    { summary: 'announce the profile as it is now, or its deletion' },
    [change],
  );

  tell(change, `done: version ${version} was announced${deleted ? ', a deletion' : ''}`);
}

/** Says in the Web UI how far the change is. Ids and numbers only: what the profile says is nobody's business here. */
function tell({ userId, version }: ProfileVersion, doing: string): void {
  setCurrentDetails([`### Profile of user ${userId}`, '', `- version: ${version}`, `- now: ${doing}`].join('\n'));
}
