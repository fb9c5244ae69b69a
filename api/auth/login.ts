import type { Context } from 'koa';
import { responseClosedSignal } from '../../lib/http/disconnect.ts';
import { Problem } from '../../lib/http/problem.ts';
import { addressOf } from './address.ts';
import type { Limits } from './limits.ts';
import { attemptKey } from './login-limits.ts';
import type { Passwords } from './passwords.ts';
import type { AuthStore, Credential } from './store.ts';

export interface LoginPorts {
  store: AuthStore;
  passwords: Passwords;
  limits: Limits;
}

export type Login = (ctx: Context, entered: { username: string; password: string }) => Promise<Credential>;

/** Checks a login. For an unknown name, time, count and error are those of a wrong password. */
export const createLogin =
  ({ store, passwords, limits }: LoginPorts): Login =>
  async (ctx, { username, password }) => {
    const attempt = { username, address: addressOf(ctx) };
    await limits.countLogin(attempt);
    const known = await store.findCredential(username, attemptKey(attempt));
    const origin = { address: attempt.address, isKnown: known?.isKnownAddress ?? false };
    const check = () => passwords.matches(password, known?.passwordHash, origin);
    const matches = origin.isKnown ? await check() : await limits.asStranger(attempt, responseClosedSignal(ctx), check);
    if (!known || !matches) {
      await limits.countFailure(attempt);
      throw new Problem('wrong-credentials');
    }
    // Concurrent guesses may have used up the limit meanwhile. Then even the right guess must not succeed.
    await limits.checkFailures(attempt);
    await store.rememberAddress(known.id, attemptKey(attempt));
    if (passwords.isOutdated(known.passwordHash))
      await store.replaceHash(known, await passwords.hash(password, origin));
    return known;
  };
