import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RoleName } from '../../../bin/role.ts';
import { steps } from './steps.ts';

export interface Failpoint {
  name: string;
  role: RoleName;
}

/** Before and after each step: where a process can be killed between two of its statements. */
export const failpoints: readonly Failpoint[] = steps.flatMap(({ name, role }) =>
  ['before', 'after'].map((side) => ({ name: `${name}:${side}`, role })),
);

/** The folders by which a storm and the processes in it agree on who dies where. */
export const foldersOf = (dir: string) => ({ armed: join(dir, 'armed'), hit: join(dir, 'hit') });

/** Afterwards the next process of its role that passes the failpoint kills itself there: one process, once. */
export function armFailpoint(dir: string, name: string): void {
  if (!failpoints.some((failpoint) => failpoint.name === name)) throw new Error(`There is no failpoint ${name}`);
  const { armed, hit } = foldersOf(dir);
  for (const folder of [armed, hit]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(armed, name), '');
}

/** The failpoints at which a process has killed itself, each as often as that happened. */
export function hitFailpoints(dir: string): string[] {
  const { hit } = foldersOf(dir);
  mkdirSync(hit, { recursive: true });
  return readdirSync(hit).map((file) => file.replace(/\.\d+\.\d+$/, ''));
}
