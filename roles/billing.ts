import { billingApi } from '../api/billing/app.ts';
import { createBillingStore } from '../api/billing/store.ts';
import { readConfig, text } from '../lib/config.ts';
import { restDocument } from './contract.ts';
import { address, databaseOf, runningOf, serve, verifierOf, verifierReaders, type Role } from './role.ts';

export const billing: Role = {
  name: 'billing',
  configure(env, sameProcess) {
    const config = readConfig(env, {
      ...address('BILLING_PORT'),
      ...verifierReaders(sameProcess),
      databaseUrl: text('BILLING_DATABASE_URL'),
    });
    return async (shared) => {
      const database = await databaseOf(config.databaseUrl, shared);
      const store = createBillingStore(database);
      const api = billingApi({ store, document: restDocument, verify: verifierOf(config, shared) });
      const checks = [{ name: 'database', probe: database.check, needed: true }];
      const listener = await serve(shared, config, { role: 'billing', checks, middleware: [api] });
      return runningOf(listener, store, database);
    };
  },
};
