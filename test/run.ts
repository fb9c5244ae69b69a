/**
 * Runs the tests: starts their shared servers in a temporary folder, runs node's test runner, stops the servers. `npm
 * test` runs all tests, `npm test -- test/workflows/order.test.ts` one file. Options of `node --test` are passed on.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { bundleWorkflows } from '../worker/host.ts';
import { exitWhenDone } from '../lib/exit-when-done.ts';
import { startStack, type Stack } from '../local/launch/stack.ts';
import { timeSkippingServerPath } from '../local/servers/temporal/programs.ts';
import { createTemplates } from './support/postgres/database.ts';
import { HOSTILE_SETTINGS } from './support/postgres/hostile.ts';

/** A test that runs for `testMs` is ended. This is twice what the slowest test takes on a busy machine. */
const NORMAL = { concurrency: 3, testMs: 120_000 };
/** Each of these tests starts its own installation and runs while no other test does. */
const STORMS = ['test/storm/self/storm.test.ts', 'test/storm/self/deaths.test.ts'];
const STORM = { concurrency: 1, testMs: 900_000 };
const dir = await mkdtemp(join(tmpdir(), 'order-saga-test-'));
let stack: Stack | undefined;
let tests: ChildProcess | undefined;
let interrupted = false;

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    interrupted = true;
    tests?.kill('SIGTERM');
  });
}

exitWhenDone();
try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  await stack?.stop();
  await rm(dir, { recursive: true, force: true });
}

async function run(words: string[]): Promise<number> {
  const startedMs = performance.now();
  const options = words.filter((word) => word.startsWith('-'));
  const named = words.filter((word) => !word.startsWith('-'));
  const others = globSync('test/**/*.test.ts').filter((file) => !STORMS.includes(file));
  const batches =
    named.length > 0
      ? [{ files: named, ...(named.some((file) => STORMS.includes(file)) ? STORM : NORMAL) }]
      : [
          { files: others.sort(), ...NORMAL },
          { files: STORMS, ...STORM },
        ];

  const [started, bundle, timeSkippingServer] = await Promise.all([
    startStack({ dir, env: {}, throwAway: true, postgresSettings: HOSTILE_SETTINGS, onStep: say }),
    bundleWorkflows(),
    timeSkippingServerPath(say),
  ]);
  stack = started;
  await createTemplates(started.servers.postgres!.adminUrl);
  const bundlePath = join(dir, 'workflows.js');
  await writeFile(bundlePath, bundle.code);
  say(`servers up in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);

  const { postgres, mail } = stack.servers;
  const env = {
    ...process.env,
    ...stack.env(),
    TEST_POSTGRES_URL: postgres!.adminUrl,
    TEST_MAIL_URL: mail!.inboxUrl,
    TEST_WORKFLOW_BUNDLE: bundlePath,
    TEST_TIME_SKIPPING_SERVER: timeSkippingServer,
  };
  let worst = 0;
  for (const { files, concurrency, testMs } of batches) {
    if (interrupted) return 130;
    tests = spawn(
      process.execPath,
      [
        '--test',
        `--test-concurrency=${concurrency}`,
        `--test-timeout=${testMs}`,
        // A failed test may leave a connection open, which would keep its process alive.
        '--test-force-exit',
        '--test-reporter=spec',
        ...options,
        ...files,
      ],
      { stdio: ['ignore', 'inherit', 'inherit'], env },
    );
    const [code] = (await once(tests, 'exit')) as [number | null];
    worst = Math.max(worst, code ?? 130);
  }
  return worst;
}

function say(line: string): void {
  process.stdout.write(`# ${line}\n`);
}
