import { readFile, readdir, readlink, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { roleNames, type RoleName } from '../../../bin/role.ts';
import type { World } from '../world/world.ts';
import type { Violation } from './violation.ts';

/** What the roles hold on to. */
export interface Holdings {
  /** By role. */
  descriptors: Record<string, number>;
  sockets: Record<string, number>;
  heapMb: Record<string, number>;
  /** By the database's user. */
  connections: Record<string, number>;
}

/** Above what there was at the start by this share, and by so many, is too much: few are as many again when one is added. */
const SHARE = 1.2;
const SLACK: Readonly<Record<keyof Holdings, number>> = { descriptors: 4, sockets: 4, heapMb: 4, connections: 2 };
const MIB = 1024 * 1024;
const WRITTEN_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 1_000;

/** Counts what each role holds on to, after it has thrown away what it does not need. */
export async function readHoldings(world: World): Promise<Holdings> {
  const counts = await Promise.all(
    roleNames.map(async (role) => [role, await descriptorsOf(world.pidOf(role)), await heapMbOf(world, role)] as const),
  );
  const connections = await world.databases.auth<{ name: string; count: number }>(
    `select usename as name, count(*)::int as count from pg_stat_activity where usename <> 'postgres' group by usename`,
  );
  return {
    descriptors: Object.fromEntries(counts.map(([role, { all }]) => [role, all])),
    sockets: Object.fromEntries(counts.map(([role, { sockets }]) => [role, sockets])),
    heapMb: Object.fromEntries(counts.map(([role, , heapMb]) => [role, heapMb])),
    connections: Object.fromEntries(connections.map(({ name, count }) => [name, count])),
  };
}

/** What is held on to beyond what was held on to at the start. */
export function brokenHoldings(start: Holdings, now: Holdings): Violation[] {
  return (Object.keys(SLACK) as Array<keyof Holdings>).flatMap((what) =>
    Object.entries(now[what])
      .filter(
        ([who, count]) => count > Math.max((start[what][who] ?? 0) * SHARE, (start[what][who] ?? 0) + SLACK[what]),
      )
      .map(([who, count]): Violation => ({
        invariant: 'I26',
        what: `${who} holds ${round(count)} ${what}, and held ${round(start[what][who] ?? 0)}`,
      })),
  );
}

const round = (count: number): number => Math.round(count * 10) / 10;

/** Waits until no more is held on to than at the start: idle connections are kept for a while. Answers what is held on to in the end. */
export async function untilLetGo(
  world: World,
  start: Holdings,
  { withinMs, signal }: { withinMs: number; signal: AbortSignal },
): Promise<Holdings> {
  for (const deadline = Date.now() + withinMs; ; await sleep(LOOK_EVERY_MS, undefined, { signal })) {
    const now = await readHoldings(world);
    if (brokenHoldings(start, now).length === 0 || Date.now() > deadline) return now;
  }
}

async function descriptorsOf(pid: number): Promise<{ all: number; sockets: number }> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  const targets = await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')));
  return { all: names.length, sockets: targets.filter((target) => target.startsWith('socket:')).length };
}

async function heapMbOf(world: World, role: RoleName): Promise<number> {
  const file = world.memoryFileOf(role);
  await rm(file, { force: true });
  process.kill(world.pidOf(role), 'SIGWINCH');
  for (const deadline = Date.now() + WRITTEN_WITHIN_MS; ; await sleep(20)) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (text !== '') return Number(text) / MIB;
    if (Date.now() > deadline) throw new Error(`${role} does not tell how much memory it uses`);
  }
}
