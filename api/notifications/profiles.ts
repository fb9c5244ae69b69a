import type { Ask, Reply } from '../../lib/http-client.ts';

/** What is needed of a buyer's profile. */
export interface Profiles {
  /** Where the buyer's mail goes: an address, '' in a profile without one, undefined for a buyer who certainly has no profile. Rejects when that is not known. */
  addressOf(userId: string, correlationId: string): Promise<string | undefined>;
}

/** Reads profiles of the users service. */
export const createProfiles = (users: (ask: Ask) => Promise<Reply>): Profiles => ({
  async addressOf(userId, correlationId) {
    const { status, body } = await users({
      method: 'GET',
      path: `/users/${userId}`,
      headers: { 'x-correlation-id': correlationId },
    });
    const { type, userId: about, email } = (body ?? {}) as { type?: string; userId?: unknown; email?: unknown };
    // Whatever else comes with a 200, such as the page of a proxy that stands in between, tells nothing.
    if (status === 200 && about === userId && typeof (email ?? '') === 'string')
      return (email as string | null | undefined) ?? '';
    // Any other 404 comes from an address that is wrong.
    if (status === 404 && type === '/problems/no-such-user') return undefined;
    throw new Error(`the users service answered ${status} ${type ?? ''}`.trim());
  },
});
