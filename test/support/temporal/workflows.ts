import { after } from 'node:test';
import { quietRuntime, realTemporal } from './server.ts';

quietRuntime();

/** The real Temporal server. Workers log errors only. */
export const temporal = realTemporal();

after(() => temporal.close());
