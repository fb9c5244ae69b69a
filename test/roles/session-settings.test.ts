/** Settings for the lifetime and number of sessions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigFault, type Env } from '../../lib/config.ts';
import { sessionReader } from '../../roles/session-settings.ts';

const DAY_S = 86_400;
const accepted: [env: Env, expected: [ttlS: number, idleS: number, perUserMax: number]][] = [
  [{}, [30 * DAY_S, 7 * DAY_S, 20]],
  [{ SESSION_IDLE_S: '60', SESSIONS_PER_USER: '1' }, [30 * DAY_S, 60, 1]],
  [{ SESSION_TTL_S: '3600', SESSION_IDLE_S: '3600' }, [3_600, 3_600, 20]],
  // Before there was an idle time, a lifetime shorter than its default was valid. It still is.
  [{ SESSION_TTL_S: '3600' }, [3_600, 3_600, 20]],
];
for (const [env, expected] of accepted) {
  test(`${JSON.stringify(env)} is read as ${expected.join(', ')}`, () => {
    const { ttlS, idleS, perUserMax } = sessionReader(env);
    assert.deepEqual([ttlS, idleS, perUserMax], expected);
  });
}

const refused: [env: Env, message: RegExp][] = [
  [
    { SESSION_TTL_S: '3600', SESSION_IDLE_S: '3601' },
    /^SESSION_IDLE_S must be at most SESSION_TTL_S, which is 3600, not "3601"$/,
  ],
  [{ SESSION_IDLE_S: '0' }, /^SESSION_IDLE_S must be a whole number/],
  [{ SESSIONS_PER_USER: '0' }, /^SESSIONS_PER_USER must be a whole number/],
  [{ SESSION_TTL_S: 'x', SESSION_IDLE_S: 'x', SESSIONS_PER_USER: 'x' }, /^SESSION_TTL_S.*\nSESSION_IDLE_S.*\nSESSIONS/],
];
for (const [env, message] of refused) {
  test(`${JSON.stringify(env)} is refused`, () =>
    assert.throws(
      () => sessionReader(env),
      (error) => error instanceof ConfigFault && message.test(error.message),
    ));
}
