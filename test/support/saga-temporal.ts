import { after } from 'node:test';
import { quietRuntime, realTemporal } from './temporal.ts';

quietRuntime();

/** The real server, for the test file that imports this to run workflows on. Their workers say nothing but errors. */
export const temporal = realTemporal();

after(() => temporal.close());
