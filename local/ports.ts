import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import getPort, { portNumbers } from 'get-port';
import { SetupError } from './setup-error.ts';

/** Who wants a port, and the environment variable by which it can be told another one. */
export interface PortNeed {
  who: string;
  variable: string;
  /** Fixed by the user; picked when absent. */
  asked?: number | undefined;
}

// Below the range that systems hand out to outgoing connections. A client that keeps knocking at a closed port inside that
// range sooner or later gets it as its own and is connected to itself, and the restarted server finds its port taken.
const FIRST_PICKED_PORT = 20_000;
const PICKED_PORTS = 10_000;
const PORTS_TRIED = 200;

/**
 * One port for each need. A picked port is written down in `file` and taken again by the next start when it is still free,
 * so that addresses in bookmarks and configurations keep working.
 */
export async function choosePorts<Name extends string>(
  file: string,
  needs: Record<Name, PortNeed>,
): Promise<Record<Name, number>> {
  const remembered = await readPorts(file);
  const chosen = {} as Record<Name, number>;
  for (const name in needs) chosen[name] = await choosePort(needs[name], remembered[name]);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(chosen));
  return chosen;
}

async function choosePort({ who, variable, asked }: PortNeed, remembered: number | undefined): Promise<number> {
  await insistOnPort({ who, variable, asked });
  if (asked !== undefined) return asked;
  if (remembered !== undefined && (await isFree(remembered))) return remembered;
  const first = FIRST_PICKED_PORT + Math.floor(Math.random() * (PICKED_PORTS - PORTS_TRIED));
  return getPort({ port: portNumbers(first, first + PORTS_TRIED), host: '127.0.0.1' });
}

/** Throws a sentence that says what to do when a fixed port is in use. */
export async function insistOnPort({ who, variable, asked }: PortNeed): Promise<void> {
  if (asked === undefined || (await isFree(asked))) return;
  throw new SetupError(
    `Port ${asked} is taken, and ${who} needs it. Stop what listens there, or set ${variable} to another port.`,
  );
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(true)));
  });
}

async function readPorts(file: string): Promise<Record<string, number>> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Record<string, number>;
  } catch {
    // Never written, or cut off by a crash: new ones are picked.
    return {};
  }
}
