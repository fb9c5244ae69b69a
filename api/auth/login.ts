import type { Context } from 'koa';
import { Problem } from '../../lib/problem.ts';
import { addressOf } from './address.ts';
import type { Limits } from './limits.ts';
import type { Passwords } from './passwords.ts';
import type { AuthStore, Credential } from './store.ts';

export interface LoginPorts {
  store: AuthStore;
  passwords: Passwords;
  limits: Limits;
}

/** Whose name and password these are, or a refusal. */
export type Login = (ctx: Context, typed: { username: string; password: string }) => Promise<Credential>;

/** Checks names with passwords. An unknown name costs as much time as a wrong password, is counted like one, and is refused in the same words. */
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
    // Again: of many guesses at once, the right one must not come through after all the wrong ones that are allowed.
    await limits.checkFailures(attempt);
    // Now, while the password is at hand, its hash can be brought up to date.
    if (passwords.isOutdated(known.passwordHash)) await store.replaceHash(known, await passwords.hash(password));
    return known;
  };
