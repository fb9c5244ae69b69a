/** The end of a command. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';

/** What becomes of a process that does this. */
const become = (script: string): Promise<{ code: unknown; out: string }> =>
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

test('a process ends with its exit code, and not before all is done and said', async () => {
  const { code, out } = await become(
    `setTimeout(() => { process.stdout.write('x'.repeat(1_000_000)); process.exitCode = 3; }, 50);`,
  );
  assert.deepEqual([code, out.length], [3, 1_000_000]);
});

test('a process that waits for what never comes has not ended well', async () => {
  assert.equal((await become('await new Promise(() => {});')).code, 13);
});
