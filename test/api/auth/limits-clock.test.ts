/** Replicas with different clocks share one limit on failed logins. */
import assert from 'node:assert/strict';
import { after, test, type TestContext } from 'node:test';
import { createLimits } from '../../../api/auth/limits.ts';
import { createAuthStore } from '../../../api/auth/store.ts';
import { Problem } from '../../../lib/http/problem.ts';
import { createDatabase, openWithLongTimeouts } from '../../support/postgres/database.ts';
import { LIMITS } from '../../support/shop/auth.ts';

const WINDOW_S = 300;
const database = await createDatabase('auth');
after(() => database.close());

/** The limits of one replica. It measures its clock's difference from the database's only every ten seconds. */
function openLimits(t: TestContext) {
  const connection = openWithLongTimeouts(database.url);
  const store = createAuthStore(connection);
  t.after(async () => {
    await store.close();
    await connection.close();
  });
  return createLimits(store, { ...LIMITS, loginFailuresPerAccount: 3, loginFailuresWindowS: WINDOW_S });
}

const attempt = (username: string) => ({ username, address: '192.0.2.1' });

/** Runs `act` as on a machine whose clock is off. */
async function withClockOff<T>(t: TestContext, seconds: number, act: () => Promise<T>): Promise<T> {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + seconds * 1_000 });
  try {
    return await act();
  } finally {
    t.mock.timers.reset();
  }
}

const waitOf = (refusal: Promise<void>): Promise<number> =>
  refusal.then(
    () => 0,
    (error: unknown) => {
      assert.ok(error instanceof Problem, String(error));
      return Number(error.headers['retry-after']);
    },
  );

for (const seconds of [-400, 6, 400]) {
  test(`a replica whose clock is off by ${seconds} s neither forgets failures nor locks an account for longer`, async (t) => {
    const [exact, wrong] = [openLimits(t), openLimits(t)];
    const off = <T>(act: () => Promise<T>) => withClockOff(t, seconds, act);
    const [begunExact, begunWrong] = [attempt(`exact ${seconds}`), attempt(`wrong ${seconds}`)];
    for (let n = 0; n < 3; n++) await exact.countFailure(begunExact);
    const waits = [
      await off(() => waitOf(wrong.checkFailures(begunExact))),
      await waitOf(exact.checkFailures(begunExact)),
    ];

    for (let n = 0; n < 3; n++) await off(() => wrong.countFailure(begunWrong));
    waits.push(await off(() => waitOf(wrong.countFailure(begunWrong))), await waitOf(exact.countFailure(begunWrong)));
    for (const wait of waits) assert.ok(wait > WINDOW_S - 30 && wait <= WINDOW_S + 1, waits.join());
  });
}
