import { usersApi } from '../api/users/app.ts';
import { createUserStore } from '../api/users/store.ts';
import { createProfileStarter } from '../api/users/workflow.ts';
import { group } from '../lib/config.ts';
import { createTemporal, temporalReaders, toAddress } from '../lib/temporal/client.ts';
import { restDocument } from './contract.ts';
import { verifierOf, verifierReaders } from './identity.ts';
import { address, databaseOf, databaseUrl, defineRole, runningOf, serve } from './role.ts';

export const users = defineRole({
  name: 'users',
  readers: (sameProcess) => ({
    ...address('USERS_PORT'),
    ...verifierReaders(sameProcess),
    databaseUrl: databaseUrl('users'),
    temporal: group(temporalReaders),
  }),
  start: async (config, shared) => {
    const database = await databaseOf(config.databaseUrl, shared);
    const store = createUserStore(database);
    const temporal = createTemporal(toAddress(config.temporal));
    const startProfile = createProfileStarter({ temporal: temporal.client, taskQueue: config.temporal.taskQueue });
    const api = usersApi({
      store,
      startProfile,
      log: shared.log,
      document: restDocument,
      verify: verifierOf('users', config, shared),
    });
    const checks = [
      { name: 'database', probe: database.check, needed: true },
      { name: 'temporal', probe: temporal.check, needed: false },
    ];
    const listener = await serve(shared, config, { role: 'users', checks, middleware: [api] });
    return runningOf(listener, temporal, store, database);
  },
});
