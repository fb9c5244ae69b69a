import { createContractClient, type Sent } from '../requests/contract-client.ts';
import { cookieOf, json, post } from '../requests/requests.ts';
import { startAuth, fakePasswords, users } from './auth.ts';
import { startGateway } from './gateway.ts';

export const NEW_PASSWORD = 'a better horse';

/** Starts auth behind a gateway, with calls for passwords and sessions. */
export async function startAccounts() {
  const auth = await startAuth({ passwords: fakePasswords });
  const gateway = await startGateway({ auth: auth.url });
  const ask = createContractClient(gateway.url);
  return {
    auth,
    ask,
    ...users(gateway.url),
    loginAgain: async (credentials: object) => cookieOf(await post(`${gateway.url}/auth/login`, json(credentials))),
    isValid: async (cookie: string) => (await fetch(`${gateway.url}/auth`, { headers: { cookie } })).status === 200,
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

export const clearsCookie = (headers: Headers): boolean =>
  /^session_id=; .*Max-Age=0/.test(headers.get('set-cookie') ?? '');
