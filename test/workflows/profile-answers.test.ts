/** Answers of the users service other than a profile with exactly the properties that this release knows. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createProfileWorld } from '../support/fakes/profile-world.ts';

const announce = (world: ReturnType<typeof createProfileWorld>) =>
  new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') }).run(world.activities.announceProfile, {
    userId: world.userId,
    version: 1,
  });

async function announcedProperties(world: ReturnType<typeof createProfileWorld>): Promise<string[]> {
  await announce(world);
  return Object.keys(JSON.parse(String(world.messages.at(-1)!.value)) as object);
}

test('what a newer users service adds to a profile is not announced', async () => {
  const world = createProfileWorld();
  const known = await announcedProperties(world);
  world.profile = { ...world.profile!, nickname: 'Ada', address: { city: 'Riga' } } as typeof world.profile;
  assert.deepEqual(await announcedProperties(world), known);
});

test('when the users service answers 200 with something else than the profile, nothing is announced', async () => {
  for (const profile of [{ page: 'welcome' }, { ...createProfileWorld().profile!, userId: randomUUID() }]) {
    const world = createProfileWorld();
    world.profile = profile as typeof world.profile;
    await assert.rejects(announce(world), /users answered 200/);
    assert.equal(world.messages.length, 0);
  }
});
