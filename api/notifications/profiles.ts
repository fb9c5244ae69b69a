import type { Ask, Reply } from '../../lib/http-client.ts';

/** What is needed of a buyer's profile. */
export interface Profiles {
  /** Where the buyer's mail goes: an address, '' in a profile without one, undefined for a buyer who certainly has no profile. Rejects when that is not known. */
  addressOf(userId: string, correlationId: string): Promise<string | undefined>;
}

/** Reads profiles of the users service. */
export const createProfiles = (users: (ask: Ask) => Promise<Reply>): Profiles => ({
  async addressOf(userId, correlationId) {
    const { status, body } = await users({ method: 'GET', path: `/users/${userId}`, headers: { 'x-correlation-id': correlationId } });
    if (status === 200) return (body as { email?: string }).email ?? '';
    const { type } = (body ?? {}) as { type?: string };
    // Any other 404 comes from an address that is wrong.
    if (status === 404 && type === '/problems/no-such-user') return undefined;
    throw new Error(`the users service answered ${status} ${type ?? ''}`.trim());
  },
});
