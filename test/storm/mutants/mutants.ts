import { cp, readFile, realpath, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { followerMutants } from './followers.ts';
import { moneyMutants } from './money.ts';
import type { Change, Mutant } from './mutant.ts';
import { orderMutants } from './orders.ts';

/** Copies of the product with one defect each. If a storm does not catch one, its checks have a gap. */
export const mutants: readonly Mutant[] = [...moneyMutants, ...orderMutants, ...followerMutants];

const ROOT = join(import.meta.dirname, '..', '..', '..');
const LEFT_OUT = new Set(['node_modules', '.git', '.local']);

/** Copies the project to `dir`, which must not exist, and applies a mutant's changes. Returns the copy's root. */
export async function createMutant(name: string, dir: string): Promise<string> {
  const mutant = mutantOf(name);
  await cp(ROOT, dir, { recursive: true, filter: (source) => !LEFT_OUT.has(basename(source)) });
  await symlink(await realpath(join(ROOT, 'node_modules')), join(dir, 'node_modules'));
  for (const change of mutant.changes) await apply(change, dir);
  return dir;
}

/** Finds a mutant by name. If there is none, the error lists all names. */
export function mutantOf(name: string): Mutant {
  const mutant = mutants.find((each) => each.name === name);
  if (!mutant)
    throw new Error(`There is no mutant ${name}. Use one of ${mutants.map((each) => each.name).join(', ')}.`);
  return mutant;
}

async function apply({ file, find, replace }: Change, dir: string): Promise<void> {
  const path = join(dir, file);
  const [before, after, ...more] = (await readFile(path, 'utf8')).split(find);
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(`${file} must contain this text exactly once; update the mutant: ${find}`);
  await writeFile(path, before + replace + after);
}
