/**
 * `npm run contract-coverage`: runs the tests and records which test got which answers of the contract. If test files
 * are named, it runs only these and keeps the records of the others.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { EXCHANGES_DIR, testFileName, type Exchange } from '../../support/requests/exchanges.ts';
import { documented } from './answers.ts';
import { mostSpecificFirst, faultsOf } from './coverage.ts';
import { readPage, ROOT, writePage } from './page.ts';

const words = process.argv.slice(2);
const dir = await mkdtemp(join(tmpdir(), 'order-saga-exchanges-'));
// The test run gets the signals too and stops itself.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

try {
  const tests = spawn(process.execPath, ['test/run.ts', ...words], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, [EXCHANGES_DIR]: dir },
  });
  const [code] = (await once(tests, 'exit')) as [number | null];
  const recorded = await readRecorded();
  if (recorded.length === 0) throw new Error('No test got any answer, so the page stays unchanged.');
  const rerun = new Set(words.filter((word) => !word.startsWith('-')).map((word) => testFileName(resolve(ROOT, word))));
  const kept = rerun.size > 0 ? (await readPage()).filter(({ file }) => !rerun.has(file)) : [];
  // The page leaves storms out, because they get different answers in each run.
  const exchanges = [...kept, ...mostSpecificFirst(recorded)].filter(({ file }) => !file.startsWith('storm/'));
  await writePage(exchanges);
  const faults = faultsOf(documented(), exchanges, ROOT);
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  process.exitCode = code === 0 && faults.length > 0 ? 1 : (code ?? 130);
} finally {
  await rm(dir, { recursive: true, force: true });
}

async function readRecorded(): Promise<Exchange[]> {
  const files = await Promise.all(globSync(join(dir, '*.jsonl')).map((file) => readFile(file, 'utf8')));
  return files.flatMap((text) =>
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Exchange),
  );
}
