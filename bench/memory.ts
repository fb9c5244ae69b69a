import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const KIB = 1024;

interface ProcessLine {
  pid: number;
  parent: number;
  rssKib: number;
}

/** RSS of a process, in MB. */
export async function residentMb(pid: number): Promise<number> {
  return ((await processes()).find((each) => each.pid === pid)?.rssKib ?? 0) / KIB;
}

/**
 * Memory of a process and its children, in MB. Postgres is many processes around one shared memory. On Linux, shared
 * pages count once (PSS); elsewhere they count in every process.
 */
export async function processTreeMb(pid: number): Promise<number> {
  const all = await processes();
  const tree = (root: ProcessLine): ProcessLine[] => [
    root,
    ...all.filter(({ parent }) => parent === root.pid).flatMap(tree),
  ];
  const members = all.filter((each) => each.pid === pid).flatMap(tree);
  const kib = await Promise.all(members.map(async (member) => (await proportionalKib(member.pid)) ?? member.rssKib));
  return kib.reduce((sum, each) => sum + each, 0) / KIB;
}

async function processes(): Promise<ProcessLine[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=,rss=']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number, number])
    .map(([pid, parent, rssKib]) => ({ pid, parent, rssKib }));
}

async function proportionalKib(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  const [, kib] = /^Pss:\s+(\d+) kB/m.exec(text) ?? [];
  return kib === undefined ? undefined : Number(kib);
}
