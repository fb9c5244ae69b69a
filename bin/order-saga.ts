#!/usr/bin/env node
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import closeWithGrace from 'close-with-grace';
import { ConfigFault, readConfig, type Env } from '../lib/config.ts';
import { createLog } from '../lib/log.ts';
import { processReaders, roles } from '../roles/all.ts';
import { roleNames, type RoleName, type Running, type Shared } from '../roles/role.ts';
import { installRuntime } from '../worker/runtime.ts';

const USAGE = `Usage: order-saga <role…>\nRoles: all, ${roleNames.join(', ')}\n`;
/** Time in which all roles must close, one after another. */
const CLOSE_TIMEOUT_MS = 20_000;

await main(process.argv.slice(2), process.env);

async function main(args: string[], env: Env): Promise<void> {
  const wanted = new Set(args.includes('all') ? roleNames : args);
  const unknown = args.filter((arg) => arg !== 'all' && !roleNames.includes(arg as RoleName));
  if (wanted.size === 0 || unknown.length > 0)
    return refuse(`${unknown.map((arg) => `There is no role "${arg}".\n`).join('')}${USAGE}`);

  const sameProcess = new Set(roleNames.filter((name) => wanted.has(name)));
  const config = configureAll(sameProcess, env);
  if (!config) return;
  const { starts, logLevel, allowNonDurable, keepAliveMs, drainMs } = config;
  await run(starts, { log: createLog(logLevel), urls: new Map(), allowNonDurable, keepAliveMs }, drainMs);
}

/** Reports the configuration faults of all roles at once, before any of them connects. */
function configureAll(sameProcess: ReadonlySet<RoleName>, env: Env) {
  const faults = new Set<string>();
  const attempt = <T>(name: string, read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      for (const fault of (error as Error).message.split('\n'))
        faults.add(error instanceof ConfigFault ? fault : `${name}: ${fault}`);
      return undefined;
    }
  };
  const own = attempt('order-saga', () => readConfig(env, processReaders));
  const starts = [...sameProcess].flatMap((name) => {
    const start = attempt(name, () => roles[name].configure(env, sameProcess));
    return start ? [{ name, start }] : [];
  });
  if (own && faults.size === 0) return { ...own, starts };
  return refuse(`The configuration is invalid:\n${[...faults].map((fault) => `  ${fault}\n`).join('')}`);
}

async function run(
  starts: ReadonlyArray<{ name: RoleName; start: (shared: Shared) => Promise<Running> }>,
  options: Omit<Shared, 'ending'>,
  drainMs: number,
): Promise<void> {
  const running: Running[] = [];
  let failure: unknown;
  const ending = new AbortController();
  // Every listener and the worker listen to this signal, which is more than Node expects.
  setMaxListeners(0, ending.signal);
  const shared = { ...options, ending: ending.signal };
  // A second signal exits at once.
  const { close } = closeWithGrace({ delay: drainMs + CLOSE_TIMEOUT_MS, logger: false }, async ({ err, signal }) => {
    if (err) shared.log.fatal({ err }, 'shutting down after an error');
    else shared.log.info({ signal, drainMs }, 'shutting down');
    ending.abort();
    // Balancers notice only now that this process is ending. Until then they still open connections to it.
    if (signal) await sleep(drainMs);
    // Callers stop before the roles they call.
    for (const each of running.toReversed())
      await each
        .close()
        .catch((error: unknown) => shared.log.error({ err: error }, 'a role did not shut down cleanly'));
    // Makes the process exit with 1.
    if (failure !== undefined) throw failure;
  });
  installRuntime(shared.log);
  try {
    for (const { name, start } of starts) {
      const role = await start(shared);
      running.push(role);
      shared.urls.set(name, role.url);
    }
    shared.log.info({ roles: starts.map(({ name }) => name) }, 'started');
  } catch (error) {
    shared.log.fatal({ err: error }, 'could not start');
    failure = error;
    close();
  }
}

function refuse(message: string): undefined {
  process.stderr.write(message);
  process.exitCode = 1;
}
