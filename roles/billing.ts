import { billingApi } from '../api/billing/app.ts';
import { createBillingStore } from '../api/billing/store.ts';
import { restDocument } from './contract.ts';
import { verifierOf, verifierReaders } from './identity.ts';
import { address, databaseOf, databaseUrl, defineRole, runningOf, serve } from './role.ts';

export const billing = defineRole({
  name: 'billing',
  readers: (sameProcess) => ({
    ...address('BILLING_PORT'),
    ...verifierReaders(sameProcess),
    databaseUrl: databaseUrl('billing'),
  }),
  start: async (config, shared) => {
    // The store repeats statements itself, by account.
    const database = await databaseOf(config.databaseUrl, shared, { repeatAfterLockWait: false });
    const store = createBillingStore(database);
    const api = billingApi({ store, document: restDocument, verify: verifierOf('billing', config, shared) });
    const checks = [{ name: 'database', probe: database.check, needed: true }];
    const listener = await serve(shared, config, { role: 'billing', checks, middleware: [api] });
    return runningOf(listener, store, database);
  },
});
