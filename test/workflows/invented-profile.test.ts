/** Only the users service decides about a profile. The input of a profile's workflow does not matter. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createProfileWorld } from '../support/fakes/profile-world.ts';

const quiet = () => new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
const announce = ({ activities, userId }: ReturnType<typeof createProfileWorld>, version: number) =>
  quiet().run(activities.announceProfile, { userId, version });
const openAccount = (world: ReturnType<typeof createProfileWorld>, userId: string) =>
  quiet().run(world.activities.openAccount, { userId, version: 1 });

test('for a user who never had a profile, no account is opened and nothing is announced until the profile exists', async () => {
  const world = createProfileWorld();
  const profile = world.profile;
  Object.assign(world, { profile: undefined });
  await assert.rejects(openAccount(world, world.userId), /never had a profile/);
  await assert.rejects(announce(world, 1_000_000), /never had a profile/);
  assert.deepEqual([world.opened, world.messages], [[], []]);
  Object.assign(world, { profile });
  await openAccount(world, world.userId);
  assert.deepEqual(world.opened, [world.userId]);
});

test('a workflow that does not name a user calls no service', async () => {
  const world = createProfileWorld();
  for (const userId of ['', '../withdrawals', `${world.userId}/..`])
    await assert.rejects(openAccount(world, userId), /does not name a user/);
  assert.deepEqual([world.opened, world.origins], [[], []]);
});
