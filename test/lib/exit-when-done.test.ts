/** The exit code and the complete output of a command. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';

const runScript = (script: string): Promise<{ code: unknown; out: string }> =>
  new Promise((resolve) => {
    const words = [
      '--input-type=module',
      '-e',
      `import { exitWhenDone } from './lib/exit-when-done.ts'; exitWhenDone(); ${script}`,
    ];
    execFile(process.execPath, words, { maxBuffer: 2_000_000 }, (error, out) =>
      resolve({ code: error?.code ?? 0, out }),
    );
  });

test('a process exits with its exit code after all work and output', async () => {
  const { code, out } = await runScript(
    `setTimeout(() => { process.stdout.write('x'.repeat(1_000_000)); process.exitCode = 3; }, 50);`,
  );
  assert.deepEqual([code, out.length], [3, 1_000_000]);
});

test('a process that waits for a promise that never settles exits with 13', async () => {
  assert.equal((await runScript('await new Promise(() => {});')).code, 13);
});
