/** Whether the workflows, as they are, take every history that is kept: `npm run check:replay`. Needs no server. */
import { quietRuntime } from '../support/temporal.ts';
import { bundleForReplay, faultsOf } from './gate.ts';
import { readStored } from './stored.ts';

quietRuntime();
const stored = await readStored();
const faults =
  stored.length === 0
    ? ['There are no histories: `npm run histories` records them']
    : await faultsOf(await bundleForReplay(), stored);
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.stdout.write(`${stored.length} histories, ${faults.length} faults\n`);
process.exitCode = faults.length > 0 ? 1 : 0;
