import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const KIB = 1024;

/**
 * Megabytes that a process and its children have in memory. Pages that several of them share count once where the system can tell
 * (Linux), since Postgres is many processes around one shared memory; elsewhere they count in each.
 */
export async function memoryMb(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=,rss=']);
  const all = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number, number]);
  const family = (root: number): Array<[number, number, number]> => [
    ...all.filter(([own]) => own === root),
    ...all.filter(([, parent]) => parent === root).flatMap(([child]) => family(child)),
  ];
  const kib = await Promise.all(family(pid).map(async ([own, , rss]) => (await proportionalKib(own)) ?? rss));
  return kib.reduce((sum, each) => sum + each, 0) / KIB;
}

async function proportionalKib(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  const [, kib] = /^Pss:\s+(\d+) kB/m.exec(text) ?? [];
  return kib === undefined ? undefined : Number(kib);
}
