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

/** Checks a login. An unknown name takes as long as a wrong password, counts like one and gets the same error. */
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
    // Check again: of many concurrent guesses, the right one must not succeed beyond the limit.
    await limits.checkFailures(attempt);
    if (passwords.isOutdated(known.passwordHash)) await store.replaceHash(known, await passwords.hash(password));
    return known;
  };
