/** A request to stop counts once, even if it arrives both as a signal and as the exit of the parent. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';

/** The program needs longer to shut down than to notice that its parent has exited. */
const SHUTDOWN_MS = 2_500;

const program = `
  import { interruption } from './local/supervise/interruption.ts';
  const keepRunning = setInterval(() => {}, 1_000);
  interruption(process.env).addEventListener('abort', () => setTimeout(() => {
    process.stdout.write(' ended');
    clearInterval(keepRunning);
  }, ${SHUTDOWN_MS}));
  process.stdout.write(String(process.pid));
`;

test('the exit of the parent process after a signal does not count as a second signal', async () => {
  const words = ['-c', '"$@" & wait', 'sh', process.execPath, '--input-type=module-typescript', '--eval', program];
  const shell = spawn('sh', words, {
    env: { ...process.env, npm_lifecycle_event: 'start' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [pid] = (await once(shell.stdout, 'data')) as [Buffer];
  process.kill(Number(pid), 'SIGTERM');
  shell.kill('SIGKILL');
  assert.equal(await text(shell.stdout), ' ended');
});
