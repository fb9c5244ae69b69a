import { usersApi } from '../../../api/users/app.ts';
import { createUserStore, type Origin, type ProfileChange, type UserStore } from '../../../api/users/store.ts';
import type { Listener } from '../../../lib/http/listen.ts';
import { resolveDocument } from '../../../lib/http/openapi.ts';
import { createLog } from '../../../lib/log.ts';
import bundled from '../../../specs/generated/preferable/openapi.json' with { type: 'json' };
import { createDatabase } from '../postgres/database.ts';
import { asUser, trustingVerifier } from '../requests/callers.ts';
import { createContractClient } from '../requests/contract-client.ts';
import { serveQuietly } from './service.ts';

export const ada = {
  username: 'ada',
  firstName: 'Ada',
  lastName: 'Lovelace',
  email: 'ada@example.org',
  phone: '+44 20 7946 0958',
};
/** A change of the profile. It leaves out the username, as a change may. */
export const adaKing = { firstName: ada.firstName, lastName: 'King', email: ada.email, phone: ada.phone };

/** Starts the users service with a fake Temporal on its own database. */
export async function startUsers() {
  const database = await createDatabase('users');
  const store = createUserStore(database);
  const started: Array<ProfileChange & Origin> = [];
  let temporal = async (): Promise<void> => {};

  const serve = async (of: UserStore): Promise<Listener> => {
    const startProfile = (change: ProfileChange & Origin) => {
      started.push(change);
      return temporal();
    };
    return serveQuietly('users', [
      usersApi({
        store: of,
        startProfile,
        log: createLog('silent'),
        document: await resolveDocument(bundled),
        verify: trustingVerifier,
      }),
    ]);
  };
  const service = await serve(store);

  const ask = createContractClient(service.url);

  return {
    database,
    store,
    serve,
    ask,
    create: (userId: string, body: unknown = ada) =>
      ask('createProfile', 'POST', '/api/v1/user', { headers: asUser(userId), body }),
    read: (caller: string, id = caller) => ask('readProfile', 'GET', `/api/v1/user/${id}`, { headers: asUser(caller) }),
    update: (caller: string, body: unknown = adaKing, id = caller) =>
      ask('updateProfile', 'PUT', `/api/v1/user/${id}`, { headers: asUser(caller), body }),
    remove: (caller: string, id = caller) =>
      ask('deleteProfile', 'DELETE', `/api/v1/user/${id}`, { headers: asUser(caller) }),
    readUser: (headers: Record<string, string>, id: string) => ask('readUser', 'GET', `/users/${id}`, { headers }),
    /** Changes whose workflow the service tried to start. */
    started,
    /** The versions of one user's changes in `started`. */
    startedOf: (userId: string) => started.filter((change) => change.userId === userId).map(({ version }) => version),
    /** The versions of a user's changes that are not recorded as started. */
    unstartedOf: async (userId: string) =>
      (await store.unstartedChanges(0, 1000))
        .filter((change) => change.userId === userId)
        .map(({ version }) => version),
    async withoutTemporal<T>(act: () => Promise<T>): Promise<T> {
      temporal = () => Promise.reject(new Error('Temporal is unavailable'));
      try {
        return await act();
      } finally {
        temporal = async () => {};
      }
    },
    async close() {
      await service.close();
      await store.close();
      await database.close();
    },
  };
}

export type Users = Awaited<ReturnType<typeof startUsers>>;
