import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import getPort, { portNumbers } from 'get-port';
import { SetupError } from '../setup-error.ts';

export interface PortNeed {
  owner: string;
  variable: string;
  /** Set by the user; if absent, a free port is picked. */
  fixed?: number | undefined;
}

// Picked ports lie below the ephemeral range. Inside that range, a client that keeps connecting to a closed port sooner
// or later gets the same port as its source port. The client is then connected to itself, and the restarted server
// finds its port in use.
const FIRST_PICKED_PORT = 20_000;
const PICKED_PORTS = 10_000;
const PORTS_TRIED = 200;

/** Picked ports are stored in `file`; the next start reuses them if they are free. */
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

async function choosePort({ owner, variable, fixed }: PortNeed, remembered: number | undefined): Promise<number> {
  await requirePort({ owner, variable, fixed });
  if (fixed !== undefined) return fixed;
  if (remembered !== undefined && (await isFree(remembered))) return remembered;
  const first = FIRST_PICKED_PORT + Math.floor(Math.random() * (PICKED_PORTS - PORTS_TRIED));
  return getPort({ port: portNumbers(first, first + PORTS_TRIED), host: '127.0.0.1' });
}

/** Throws if a fixed port is in use. */
export async function requirePort({ owner, variable, fixed }: PortNeed): Promise<void> {
  if (fixed === undefined || (await isFree(fixed))) return;
  throw new SetupError(
    `Port ${fixed} is in use, and ${owner} needs it. Stop what listens there, or set ${variable} to another port.`,
  );
}

/** True if nothing listens on this port of 127.0.0.1. */
export async function isFree(port: number): Promise<boolean> {
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
    // Missing, or truncated by a crash: pick new ones.
    return {};
  }
}
