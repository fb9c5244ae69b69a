import { join } from 'node:path';
import { ConfigFault, port, readConfig, textOr } from '../../lib/config.ts';
import { exitWhenDone } from '../../lib/exit-when-done.ts';
import { urlOf } from '../../lib/http/listen.ts';
import { choosePorts } from '../servers/ports.ts';
import { SetupError } from '../setup-error.ts';
import { followWarnings } from '../supervise/follow-log.ts';
import { interruption } from '../supervise/interruption.ts';
import { describeExit, type Server } from '../supervise/server.ts';
import { bringUp } from './bring-up.ts';
import { writeEnvFile } from './env-file.ts';
import { cookieFile, dataFolder, keepFilesPrivate } from './private.ts';
import { prepareStack, type Stack } from './stack.ts';
import { welcome } from './welcome.ts';

const USAGE = 'Usage: npm start [-- --fresh]';
const DIR = join(import.meta.dirname, '..', '..', '.local');

const print = (line: string) => void process.stdout.write(`${line}\n`);
// The terminal may close before this process ends. A failed write must then not end the process.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

exitWhenDone();
keepFilesPrivate();
try {
  process.exitCode = await main(process.argv.slice(2), process.env);
} catch (error) {
  // Any other error may be a bug, so print its stack.
  console.error(error instanceof SetupError || error instanceof ConfigFault ? `\n${error.message}` : error);
  process.exitCode = 1;
}

/** Runs everything until an interruption or a failure. Returns the exit code. */
async function main(args: string[], env: NodeJS.ProcessEnv): Promise<number> {
  if (args.some((arg) => arg !== '--fresh')) throw new SetupError(USAGE);
  const startedMs = performance.now();
  await dataFolder(DIR);
  const { host, wantedPort } = readConfig(env, {
    host: textOr('HOST', 'address of the public listener', '127.0.0.1'),
    wantedPort: port('PORT', 'public port', 8080),
  });
  const publicPort =
    wantedPort ||
    (await choosePorts(join(DIR, 'port.json'), { shop: { owner: 'the shop API', variable: 'PORT' } })).shop;
  const url = urlOf(host, publicPort);
  const signal = interruption(env);
  const otherPorts = [{ owner: 'the shop API', variable: 'PORT', fixed: publicPort }];
  const stack = await prepareStack({
    dir: DIR,
    env,
    fresh: args.includes('--fresh'),
    otherPorts,
    signal,
    onNote: print,
  });
  let app: Server | undefined;
  try {
    app = await bringUp({ stack, dir: DIR, env: { ...env, HOST: host, PORT: String(publicPort) }, url, signal });
    await writeEnvFile(DIR, stack.env());
    print(
      welcome({
        url,
        servers: stack.servers,
        env: stack.env(),
        dir: DIR,
        cookies: await cookieFile(DIR),
        seconds: (performance.now() - startedMs) / 1000,
      }),
    );
    return await untilTheEnd({ stack, app, signal });
  } catch (error) {
    if (!signal.aborted) throw error;
    return 0;
  } finally {
    if (signal.aborted) print('Stopping. Press Ctrl-C again to exit without waiting.');
    // Stop the app first, because it finishes work in flight and needs the servers for that.
    await app?.stop();
    await stack.stop();
  }
}

/** Returns after an interruption. Throws when the app ends or a server cannot be kept running. */
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
  void followWarnings(app.logFile, print, ended.signal);
  const interrupted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve());
    // The signal may have been aborted before the listener was added.
    if (signal.aborted) resolve();
  });
  const appEnd = app.exited.then(
    (exit) => new SetupError(`The app has ended, so everything is being stopped: ${describeExit(exit)}`),
  );
  const reason = await Promise.race([interrupted, appEnd, stack.failure]);
  ended.abort();
  if (reason) throw reason;
  return 0;
}
