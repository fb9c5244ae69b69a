/**
 * `npm run siege`: a buyer orders once a second while an attacker on this machine tries to slow the app down or fill
 * its memory. Each attack runs from the buyer's own address and from another one. Exit code: 1 if an order is too slow
 * or the app's memory grows too much.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import { exitWhenDone } from '../../lib/exit-when-done.ts';
import { SetupError } from '../../local/setup-error.ts';
import { interruption } from '../../local/supervise/interruption.ts';
import { install, removeInstallation, type App } from '../installation.ts';
import { residentMb } from '../memory.ts';
import type { AttackerOptions } from './attacker.ts';
import { attacks, type AttackName, type Tally } from './attacks.ts';
import { createShopper, type Shopper } from './shopper.ts';
import { faultsOf, median, reportOf, type Case } from './verdict.ts';

const USAGE = 'Usage: npm run siege [-- --seconds <1 to 600>]';
const DIR = join(import.meta.dirname, '..', '..', '.local', 'siege');
const SECONDS = 60;
const WARM_UP_ORDERS = 10;
const CALM_WITHIN_MS = 30_000;
const MEMORY_EVERY_MS = 500;
const ADDRESSES = { "the buyer's address": '127.0.0.1', 'another address': '127.0.0.2' };

const signal = interruption(process.env);
const say = (line: string) => void process.stderr.write(`# ${line}\n`);

exitWhenDone();
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!signal.aborted)
    process.stderr.write(error instanceof SetupError ? `${error.message}\n` : `${(error as Error).stack}\n`);
  process.exitCode = 1;
}

async function main(args: readonly string[]): Promise<number> {
  const seconds = secondsOf(args);
  const installation = await install({ dir: DIR, fresh: true, signal }, say);
  try {
    let field = await fieldOf(installation.apps[0]!);
    say(`${seconds} undisturbed orders`);
    const undisturbed = await field.shopper.order(seconds, signal);
    const cases: Case[] = [];
    for (const [where, from] of Object.entries(ADDRESSES)) {
      for (const attack of Object.keys(attacks) as AttackName[]) {
        const name = `${attack} from ${where}`;
        say(name);
        cases.push({ name, ...(await siege(field, seconds, { attack, from })) });
        if (await becomesCalm(field.shopper, median(undisturbed))) continue;
        say('the app has not recovered within half a minute and is started again');
        await field.shopper.close();
        await field.app.server.stop();
        field = await fieldOf(await installation.startApp('local'));
      }
    }
    await field.shopper.close();
    process.stdout.write(`${reportOf(cases, undisturbed)}\n`);
    return cases.some((each) => faultsOf(each, undisturbed).length > 0) ? 1 : 0;
  } finally {
    await installation.stop();
    await removeInstallation(DIR);
  }
}

function secondsOf(args: readonly string[]): number {
  if (args.length === 0) return SECONDS;
  const seconds = Number(args[1]);
  if (args[0] !== '--seconds' || args.length !== 2 || !Number.isInteger(seconds) || seconds < 1 || seconds > 600)
    throw new SetupError(USAGE);
  return seconds;
}

interface Field {
  app: App;
  shopper: Shopper;
  /** The account of the attacker, who is a registered user too. */
  credentials: AttackerOptions['credentials'];
}

async function fieldOf(app: App): Promise<Field> {
  const shopper = await createShopper(app.url);
  const credentials = await createAccount(app.url);
  await shopper.order(WARM_UP_ORDERS, signal);
  return { app, shopper, credentials };
}

/** Runs one attack beside the buyer's orders. */
async function siege(
  { app, shopper, credentials }: Field,
  seconds: number,
  { attack, from }: { attack: AttackName; from: string },
): Promise<Omit<Case, 'name'>> {
  const before = await residentMb(app.server.pid);
  const attacker = startAttacker({ attack, from, url: app.url, credentials });
  const watch = watchMemory(app.server.pid);
  try {
    const orders = await shopper.order(seconds, signal);
    return { orders, memoryMb: (await watch.end()) - before, attacker: await attacker.end() };
  } finally {
    await watch.end();
    await attacker.end();
  }
}

async function createAccount(url: string): Promise<AttackerOptions['credentials']> {
  const random = () => randomBytes(9).toString('base64url').toLowerCase().replaceAll(/[-_]/g, 'x');
  const credentials = { username: `siege-${random()}`, password: random() + random() };
  const response = await fetch(`${url}/auth/register`, {
    method: 'POST',
    body: JSON.stringify(credentials),
    headers: { 'content-type': 'application/json' },
  });
  if (!response.ok) throw new Error(`the attacker could not register: ${response.status} ${await response.text()}`);
  await response.arrayBuffer();
  return credentials;
}

function startAttacker(options: AttackerOptions): { end(): Promise<Tally> } {
  const file = join(import.meta.dirname, 'attacker.ts');
  const child = spawn(process.execPath, [file, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const printed = text(child.stdout);
  return {
    async end() {
      child.stdin.end();
      return JSON.parse((await printed) || '{"ended early": 1}') as Tally;
    },
  };
}

/** Samples the memory of a process. `end` returns the highest sample, in MB. */
function watchMemory(pid: number): { end(): Promise<number> } {
  const stop = new AbortController();
  let highestMb = 0;
  const watching = (async () => {
    do {
      highestMb = Math.max(highestMb, await residentMb(pid));
      await sleep(MEMORY_EVERY_MS, undefined, { signal: stop.signal }).catch(() => {});
    } while (!stop.signal.aborted);
  })();
  return {
    async end() {
      stop.abort();
      await watching;
      return highestMb;
    },
  };
}

/** True once the app is as fast as before, so the next attack is measured on its own. */
async function becomesCalm(shopper: Shopper, usualMs: number): Promise<boolean> {
  for (const deadline = performance.now() + CALM_WITHIN_MS; performance.now() < deadline;) {
    const { ms } = await shopper.order(1, signal);
    if (ms[0]! < 2 * usualMs) return true;
  }
  return false;
}
