/** A launcher to kill: prints the ids of two leashed processes, one of which ignores its stop signal. */
import { leash } from '../../../local/supervise/leash.ts';

const plan = {
  env: { PATH: process.env['PATH'] },
  cwd: '/',
  stopSignal: 'SIGTERM',
  stopWithinMs: 1000,
  log: 2,
} as const;
const obedient = leash({ ...plan, file: 'sleep', args: ['600'] });
const deaf = leash({ ...plan, file: 'sh', args: ['-c', 'trap "" TERM; while :; do sleep 1; done'] });
process.stdout.write(`${obedient.pid} ${deaf.pid}\n`);
