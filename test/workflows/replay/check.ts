/** `npm run check:replay`: fails unless every stored history replays. Needs no server. */
import { quietRuntime } from '../../support/temporal/server.ts';
import { bundleForReplay, faultsOf } from './gate.ts';
import { readStored } from './stored.ts';

quietRuntime();
const stored = await readStored();
const faults =
  stored.length === 0
    ? ['No histories are stored, so nothing was checked. Record them with `npm run histories`.']
    : await faultsOf(await bundleForReplay(), stored);
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.stdout.write(`${stored.length} histories, ${faults.length} faults\n`);
process.exitCode = faults.length > 0 ? 1 : 0;
