/** The replay check passes, and fails for changes that break running orders. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { silentRuntime } from '../support/temporal/server.ts';
import { bundleForReplay, faultsOf } from './replay/gate.ts';
import { scenarios } from './replay/scenarios.ts';
import { readStored, type Stored } from './replay/stored.ts';

let code: string;
let stored: Stored[];

before(async () => {
  silentRuntime();
  [code, stored] = await Promise.all([bundleForReplay(), readStored()]);
});

function changed(from: RegExp, to: string): string {
  const changedCode = code.replaceAll(new RegExp(from, 'g'), to);
  assert.ok(changedCode !== code, 'the code to replace was not found');
  return changedCode;
}

const only = (...names: string[]): Stored[] => stored.filter(({ name }) => names.includes(name));

test('every scenario has a stored history, and every stored history has a scenario', () => {
  assert.deepEqual(
    stored.map(({ name }) => name),
    Object.keys(scenarios).toSorted(),
  );
});

test('every history replays and calls its activities with the recorded inputs', async () => {
  assert.deepEqual(await faultsOf(code, stored), []);
});

test('a workflow that omits a step fails the replay check', async () => {
  const faults = await faultsOf(
    changed(
      /(placed, 'publishing the event', settled\);\s*)await step\.announceOrder\(settled\);/,
      '$1await undefined;',
    ),
    only('order-success-local'),
  );
  assert.match(faults.join(), /^order-success-local does not replay: .*nondeterminism/i);
});

test('a workflow that takes another branch fails the replay check', async () => {
  const faults = await faultsOf(
    changed(/(outcome|reason): 'insufficient-funds'/, "$1: 'poor'").replaceAll(
      "status: 'FAILED'",
      "status: 'CANCELLED'",
    ),
    only('order-declined-regular'),
  );
  assert.match(faults.join(), /^order-declined-regular /);
});

for (const [kind, name] of [
  ['local', 'order-success-local'],
  ['regular', 'order-success-regular'],
] as const) {
  test(`a changed input of an activity fails the replay check (${kind})`, async () => {
    const faults = await faultsOf(
      changed(/(\{ status), reason \}\)(=>\(\{\s*orderId,\s*status,\s*)reason/, "$1 })$2reason: 'changed'"),
      only(name),
    );
    assert.equal(faults.length, 1);
    assert.match(
      faults[0]!,
      new RegExp(
        `^${name} has another input: recorded .*"settleOrder".*"reason":null.*"kind":"${kind}".* derives .*"reason":"changed"`,
      ),
    );
  });
}

/** Rewrites a timeout as older servers report it if no worker holds the task: as non-retryable. */
function asOlderServers(event: Record<string, any>): Record<string, any> {
  const { activityTaskFailedEventAttributes: failed, ...more } = event;
  if (failed?.retryState !== 'RETRY_STATE_TIMEOUT') return event;
  const failure = {
    message: 'activity ScheduleToClose timeout',
    source: 'Server',
    timeoutFailureInfo: { timeoutType: 'TIMEOUT_TYPE_SCHEDULE_TO_CLOSE', lastFailure: failed.failure },
  };
  const attributes = { ...failed, failure, identity: undefined, retryState: 'RETRY_STATE_NON_RETRYABLE_FAILURE' };
  return { ...more, eventType: 'EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT', activityTaskTimedOutEventAttributes: attributes };
}

test('a step that timed out is retried, even if the server reports the timeout as non-retryable', async () => {
  const older = only('order-stuck-announcement', 'order-stuck-charge', 'cancellation-stuck').map((each) => ({
    ...each,
    history: { events: each.history.events.map(asOlderServers) },
  }));
  assert.match(JSON.stringify(older), /TIMED_OUT/);
  assert.deepEqual(await faultsOf(code, older), []);
});

test('a history of a workflow that no longer exists fails the replay check', async () => {
  const faults = await faultsOf(changed(/profile: \(\) => /, 'renamed: () => '), only('profile-created'));
  assert.match(faults.join(), /^profile-created does not replay/);
});
