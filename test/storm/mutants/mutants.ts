import { cp, readFile, realpath, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { followerMutants } from './followers.ts';
import { moneyMutants } from './money.ts';
import type { Change, Mutant } from './mutant.ts';
import { orderMutants } from './orders.ts';

/** The product, broken in one way at a time. A storm that finds nothing wrong with one of them has a hole. */
export const mutants: readonly Mutant[] = [...moneyMutants, ...orderMutants, ...followerMutants];

const ROOT = join(import.meta.dirname, '..', '..', '..');
/** What a copy needs none of, or shares. */
const LEFT_OUT = new Set(['node_modules', '.git', '.local']);

/** Makes a copy of the project at `dir`, which must not be there, broken in the way of this name. Answers its root, to start roles from. */
export async function createMutant(name: string, dir: string): Promise<string> {
  const mutant = mutantOf(name);
  await cp(ROOT, dir, { recursive: true, filter: (source) => !LEFT_OUT.has(basename(source)) });
  await symlink(await realpath(join(ROOT, 'node_modules')), join(dir, 'node_modules'));
  for (const change of mutant.changes) await apply(change, dir);
  return dir;
}

/** The mutant of this name. Throws, naming those that there are, when there is none. */
export function mutantOf(name: string): Mutant {
  const mutant = mutants.find((each) => each.name === name);
  if (!mutant) throw new Error(`There is no mutant ${name}. There are ${mutants.map((each) => each.name).join(', ')}`);
  return mutant;
}

async function apply({ file, find, replace }: Change, dir: string): Promise<void> {
  const path = join(dir, file);
  const [before, after, ...more] = (await readFile(path, 'utf8')).split(find);
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(`${file} does not have this exactly once: ${find}`);
  await writeFile(path, before + replace + after);
}
