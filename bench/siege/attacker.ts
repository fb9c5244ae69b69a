/**
 * One attacker: `node attacker.ts <options as JSON>`. It is a process of its own, so its CPU time is not counted as the
 * app's. It attacks until its standard input ends, then prints what it did.
 */
import { exitWhenDone } from '../../lib/exit-when-done.ts';
import { attacks, type AttackName, type AttackOptions, type Tally } from './attacks.ts';

/** The options of an attacker process. */
export interface AttackerOptions extends Pick<AttackOptions, 'from' | 'credentials'> {
  attack: AttackName;
  url: string;
}

exitWhenDone();
const { attack, url, ...options } = JSON.parse(process.argv[2]!) as AttackerOptions;
const tally: Tally = {};
const end = new AbortController();
process.stdin.once('end', () => end.abort()).resume();
await attacks[attack]({ ...options, url: new URL(url), signal: end.signal, tally });
process.stdout.write(JSON.stringify(tally));
