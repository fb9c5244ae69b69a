import type { Context } from 'koa';
import { Problem } from '../../lib/http/problem.ts';
import { addressOf } from './address.ts';
import type { Limits } from './limits.ts';
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
    await limits.checkFailures(attempt);
    const known = await store.findCredential(username);
    const matches = await passwords.matches(password, known?.passwordHash);
    if (!known || !matches) {
      await limits.countFailure(attempt);
      throw new Problem('wrong-credentials');
    }
    // Check again: concurrent guesses may have used up the limit meanwhile. Then even the right guess must not
    // succeed.
    await limits.checkFailures(attempt);
    if (passwords.isOutdated(known.passwordHash)) await store.replaceHash(known, await passwords.hash(password));
    return known;
  };
