/** `npm run check:contract`: fails unless each answer of the contract is covered by a test that exists. */
import { documented } from './answers.ts';
import { faultsOf } from './coverage.ts';
import { readPage, ROOT } from './page.ts';

const operations = documented();
const faults = faultsOf(operations, await readPage(), ROOT);
for (const fault of faults) process.stderr.write(`${fault}\n`);
if (faults.length > 0) process.stderr.write('To record the coverage again, run `npm run contract-coverage`.\n');
process.stdout.write(`${operations.flatMap(({ answers }) => answers).length} answers, ${faults.length} faults\n`);
process.exitCode = faults.length > 0 ? 1 : 0;
