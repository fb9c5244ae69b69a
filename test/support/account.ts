import { startAuth, quickPasswords, users } from './auth.ts';
import { createAsk, type Sent } from './asking.ts';
import { startGateway } from './gateway.ts';
import { cookieOf, json, post } from './requests.ts';

export const NEXT = 'a better horse';

/** The auth role behind a gateway, and what users ask of it about themselves. */
export async function startAccounts() {
  const auth = await startAuth({ passwords: quickPasswords });
  const gateway = await startGateway({ auth: auth.url });
  const ask = createAsk(gateway.url);
  return {
    auth,
    ask,
    ...users(gateway.url),
    /** One more session of the user, on another device. */
    again: async (credentials: object) => cookieOf(await post(`${gateway.url}/auth/login`, json(credentials))),
    /** Whether this session holds. */
    knows: async (cookie: string) => (await fetch(`${gateway.url}/auth`, { headers: { cookie } })).status === 200,
    bearer: async (credentials: object) => ({
      authorization: `Bearer ${(await ask('token', 'POST', '/auth/token', { body: credentials })).body.access_token as string}`,
    }),
    change: (sent: Sent) => ask('changePassword', 'PUT', '/auth/password', sent),
    list: (headers: Record<string, string>, query = '') =>
      ask('listSessions', 'GET', `/auth/sessions${query}`, { headers }),
    end: (headers: Record<string, string>, id: string) =>
      ask('endSession', 'DELETE', `/auth/sessions/${id}`, { headers }),
    endAll: (headers: Record<string, string>) => ask('endSessions', 'DELETE', '/auth/sessions', { headers }),
    async close() {
      await gateway.close();
      await auth.close();
    },
  };
}

/** Whether an answer takes the cookie of the session away. */
export const cleared = (headers: Headers): boolean => /^session_id=; .*Max-Age=0/.test(headers.get('set-cookie') ?? '');
