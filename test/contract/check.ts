/** Whether every answer of the contract has been met by a test that is still there: `npm run check:contract`. Needs no server. */
import { documented } from './answers.ts';
import { faultsOf } from './coverage.ts';
import { readPage, ROOT } from './page.ts';

const operations = documented();
const faults = faultsOf(operations, await readPage(), ROOT);
for (const fault of faults) process.stderr.write(`${fault}\n`);
if (faults.length > 0) process.stderr.write('`npm run contract-coverage` finds the tests anew\n');
process.stdout.write(`${operations.flatMap(({ answers }) => answers).length} answers, ${faults.length} faults\n`);
process.exitCode = faults.length > 0 ? 1 : 0;
