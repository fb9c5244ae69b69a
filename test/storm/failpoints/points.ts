import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RoleName } from '../../../roles/role.ts';
import { steps } from './steps.ts';

export interface Failpoint {
  name: string;
  role: RoleName;
}

export const failpoints: readonly Failpoint[] = steps.flatMap(({ name, role }) =>
  ['before', 'after'].map((side) => ({ name: `${name}:${side}`, role })),
);

/** The folders in which a storm arms failpoints and its processes report hits. */
export const foldersOf = (dir: string) => ({ armed: join(dir, 'armed'), hit: join(dir, 'hit') });

/** The next process of the role that passes the failpoint will kill itself there: one process, once. */
export function armFailpoint(dir: string, name: string): void {
  if (!failpoints.some((failpoint) => failpoint.name === name)) throw new Error(`There is no failpoint ${name}`);
  const { armed, hit } = foldersOf(dir);
  for (const folder of [armed, hit]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(armed, name), '');
}

/** The failpoints at which processes have died: one entry for each death. */
export function hitFailpoints(dir: string): string[] {
  const { hit } = foldersOf(dir);
  mkdirSync(hit, { recursive: true });
  return readdirSync(hit).map((file) => file.replace(/\.\d+\.\d+$/, ''));
}
