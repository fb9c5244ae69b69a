import { readFile, readdir, readlink, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { roleNames, type RoleName } from '../../../roles/role.ts';
import type { World } from '../world/world.ts';
import type { Violation } from './violation.ts';

export interface Resources {
  descriptors: Record<string, number>;
  sockets: Record<string, number>;
  heapMb: Record<string, number>;
  /** The number of connections of each database user. */
  connections: Record<string, number>;
}

/** A count is a leak if it has grown by more than 20 %, and by more than the slack, which matters for small counts. */
const GROWTH_MAX = 1.2;
const SLACK: Readonly<Record<keyof Resources, number>> = { descriptors: 4, sockets: 4, heapMb: 4, connections: 2 };
const MIB = 1024 * 1024;
const WRITTEN_WITHIN_MS = 60_000;
const CHECK_EVERY_MS = 1_000;

/** Counts each role's resources after a garbage collection. */
export async function readResources(world: World): Promise<Resources> {
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

/** I26: no role uses notably more resources than at the start. */
export function checkResources(start: Resources, now: Resources): Violation[] {
  return (Object.keys(SLACK) as Array<keyof Resources>).flatMap((what) =>
    Object.entries(now[what])
      .filter(
        ([who, count]) => count > Math.max((start[what][who] ?? 0) * GROWTH_MAX, (start[what][who] ?? 0) + SLACK[what]),
      )
      .map(([who, count]): Violation => ({
        invariant: 'I26',
        what: `${who} uses ${round(count)} ${what}, and used ${round(start[what][who] ?? 0)} at the start`,
      })),
  );
}

const round = (count: number): number => Math.round(count * 10) / 10;

/** Waits at most `withinMs` until usage is back at the start level: idle connections close late. Returns the usage. */
export async function untilReleased(
  world: World,
  start: Resources,
  { withinMs, signal }: { withinMs: number; signal: AbortSignal },
): Promise<Resources> {
  for (const deadline = Date.now() + withinMs; ; await sleep(CHECK_EVERY_MS, undefined, { signal })) {
    const now = await readResources(world);
    if (checkResources(start, now).length === 0 || Date.now() > deadline) return now;
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
    if (Date.now() > deadline)
      throw new Error(`${role} did not write its memory file within ${WRITTEN_WITHIN_MS} ms of SIGWINCH`);
  }
}
