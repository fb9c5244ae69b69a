import { join } from 'node:path';
import { ConfigFault, port, readConfig, textOr } from '../lib/config.ts';
import { exitWhenDone } from '../lib/exit-when-done.ts';
import { urlOf } from '../lib/listen.ts';
import { bringUp } from './bring-up.ts';
import { writeEnvFile } from './env-file.ts';
import { followTroubles } from './follow-log.ts';
import { interruption } from './interruption.ts';
import { lastWords } from './server.ts';
import type { Server } from './server.ts';
import { SetupError } from './setup-error.ts';
import { choosePorts } from './ports.ts';
import { prepareStack } from './stack.ts';
import type { Stack } from './stack.ts';
import { welcome } from './welcome.ts';

const USAGE = 'Usage: npm start [-- --fresh]';
const DIR = join(import.meta.dirname, '..', '.local');

const say = (line: string) => void process.stdout.write(`${line}\n`);
// The terminal may be gone before us: what we would have said then is said to nobody.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

exitWhenDone();
try {
  process.exitCode = await main(process.argv.slice(2), process.env);
} catch (error) {
  // Such an error says all there is to do about it. Any other may be a bug of ours.
  console.error(error instanceof SetupError || error instanceof ConfigFault ? `\n${error.message}` : error);
  process.exitCode = 1;
}

/** Runs everything until it is interrupted or something cannot go on, and answers the exit code. */
async function main(words: string[], env: NodeJS.ProcessEnv): Promise<number> {
  if (words.some((word) => word !== '--fresh')) throw new SetupError(USAGE);
  const startedMs = performance.now();
  const { host, asked } = readConfig(env, { host: textOr('HOST', '127.0.0.1'), asked: port('PORT', 8080) });
  const publicPort =
    asked || (await choosePorts(join(DIR, 'port.json'), { shop: { who: 'the shop API', variable: 'PORT' } })).shop;
  const url = urlOf(host, publicPort);
  const signal = interruption(env);
  const otherPorts = [{ who: 'the shop API', variable: 'PORT', asked: publicPort }];
  const stack = await prepareStack({
    dir: DIR,
    env,
    fresh: words.includes('--fresh'),
    otherPorts,
    signal,
    onNote: say,
  });
  let app: Server | undefined;
  try {
    app = await bringUp({ stack, dir: DIR, env: { ...env, HOST: host, PORT: String(publicPort) }, url, signal });
    await writeEnvFile(DIR, stack.env());
    say(
      welcome({
        url,
        servers: stack.servers,
        env: stack.env(),
        dir: DIR,
        seconds: (performance.now() - startedMs) / 1000,
      }),
    );
    return await untilTheEnd({ stack, app, signal });
  } catch (error) {
    if (!signal.aborted) throw error;
    return 0;
  } finally {
    if (signal.aborted) say('Ending; once more Ctrl-C does not wait for it.');
    // The app first: it finishes what is under way while it still has its servers.
    await app?.stop();
    await stack.stop();
  }
}

/** Waits for the first of: an interruption; the end of the app; a server that cannot be kept running. */
async function untilTheEnd({
  stack,
  app,
  signal,
}: {
  stack: Stack;
  app: Server;
  signal: AbortSignal;
}): Promise<number> {
  const ended = new AbortController();
  void followTroubles(app.logFile, say, ended.signal);
  const interrupted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve());
    // While the last answer was on its way.
    if (signal.aborted) resolve();
  });
  const appEnd = app.exited.then((exit) => new SetupError(`The app ended, so everything ends: ${lastWords(exit)}`));
  const reason = await Promise.race([interrupted, appEnd, stack.givenUp]);
  ended.abort();
  if (reason) throw reason;
  return 0;
}
