import type { OutgoingRequest, Reply } from '../../lib/http/client.ts';

export interface Profiles {
  /**
   * The buyer's mail address: '' if the profile has none, undefined if there is no profile. Throws if the users service
   * gives no clear answer.
   */
  addressOf(userId: string, correlationId: string): Promise<string | undefined>;
}

/** Reads profiles from the users service. */
export const createProfiles = (users: (request: OutgoingRequest) => Promise<Reply>): Profiles => ({
  async addressOf(userId, correlationId) {
    const { status, body, problem } = await users({
      method: 'GET',
      path: `/users/${userId}`,
      headers: { 'x-correlation-id': correlationId },
    });
    const { userId: about, email } = (body ?? {}) as { userId?: unknown; email?: unknown };
    // Any other 200, such as a proxy's page, says nothing about the profile.
    if (status === 200 && about === userId && typeof (email ?? '') === 'string')
      return (email as string | null | undefined) ?? '';
    // Any other 404 means that the URL is wrong.
    if (status === 404 && problem === 'no-such-user') return undefined;
    throw new Error(`the users service answered ${status} ${problem ?? ''}`.trim());
  },
});
