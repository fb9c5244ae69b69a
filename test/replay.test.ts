/** The gate that a change of the workflows has to pass, and that it is shut to what would break orders under way. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { bundleForReplay, faultsOf } from './replay/gate.ts';
import { scenarios } from './replay/scenarios.ts';
import { readStored, type Stored } from './replay/stored.ts';
import { silentRuntime } from './support/temporal.ts';

let code: string;
let stored: Stored[];

before(async () => {
  silentRuntime();
  [code, stored] = await Promise.all([bundleForReplay(), readStored()]);
});

/** The workflows with a change in them. */
function changed(was: RegExp, is: string): string {
  const other = code.replaceAll(new RegExp(was, 'g'), is);
  assert.ok(other !== code, 'the change is one');
  return other;
}

const only = (...names: string[]): Stored[] => stored.filter(({ name }) => names.includes(name));

test('there is a history of every path, and every history is of a path', () => {
  assert.deepEqual(
    stored.map(({ name }) => name),
    Object.keys(scenarios).toSorted(),
  );
});

test('every history replays, and asks its activities for what it asked them for', async () => {
  assert.deepEqual(await faultsOf(code, stored), []);
});

test('a workflow that leaves out a step does not pass', async () => {
  const faults = await faultsOf(
    changed(/await [^\n]*\(placed\)\.announceOrder\(settled\);/, 'await undefined;'),
    only('order-success-local'),
  );
  assert.match(faults.join(), /^order-success-local does not replay: .*nondeterminism/i);
});

test('a workflow that takes another turn does not pass', async () => {
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
  test(`an activity that is asked for something else does not pass (${kind})`, async () => {
    const faults = await faultsOf(
      changed(/settleOrder ?\(\{ status, reason \}\) \{/, "settleOrder({ status }) { const reason = 'changed';"),
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

/** As servers tell it that call a step not retryable whose time is over while nobody has its task. */
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

test('a step whose time was over is tried on, whatever a server calls that', async () => {
  const older = only('order-stuck-announcement', 'order-stuck-charge', 'cancellation-stuck').map((each) => ({
    ...each,
    history: { events: each.history.events.map(asOlderServers) },
  }));
  assert.match(JSON.stringify(older), /TIMED_OUT/);
  assert.deepEqual(await faultsOf(code, older), []);
});

test('a history whose workflow is no more does not pass', async () => {
  const faults = await faultsOf(changed(/profile: \(\) => /, 'renamed: () => '), only('profile-created'));
  assert.match(faults.join(), /^profile-created does not replay/);
});
