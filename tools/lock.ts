/** Checks that package-lock.json pins every package on every platform by its hash: `node tools/lock.ts`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Entry {
  version?: string;
  resolved?: string;
  integrity?: string;
  link?: boolean;
  inBundle?: boolean;
  optionalDependencies?: Record<string, string>;
}

export interface Lock {
  packages: Record<string, Entry>;
}

const LOCK = join(import.meta.dirname, '..', 'package-lock.json');

/** One sentence per fault. */
export function faultsOf({ packages }: Lock): string[] {
  return Object.entries(packages).flatMap(([path, entry]) => [
    ...(isInstalled(path, entry) ? entryFaults(path, entry) : []),
    ...unpinned(packages, path, entry).map((name) => `${path || 'package.json'}: its optional ${name} has no entry`),
  ]);
}

/**
 * False for the root, the workspaces and links, which are our own, and for bundled packages, which are part of another
 * package.
 */
const isInstalled = (path: string, { link, inBundle }: Entry): boolean =>
  path.includes('node_modules/') && !link && !inBundle;

function entryFaults(path: string, { version, resolved, integrity }: Entry): string[] {
  return [
    ...(version ? [] : [`${path} has no version`]),
    ...(integrity?.startsWith('sha512-') ? [] : [`${path} has no sha512 hash in "integrity"`]),
    // With our .npmrc, npm writes no `resolved` for packages from the registry.
    ...(resolved ? [`${path} comes from ${resolved} instead of the registry`] : []),
  ];
}

/** Without an entry, npm would install a platform's binary on that platform unchecked. */
function unpinned(packages: Lock['packages'], path: string, { optionalDependencies = {} }: Entry): string[] {
  return Object.keys(optionalDependencies).filter((name) => !foldersAbove(path).some((at) => packages[at + name]));
}

/** Where Node looks for what a package needs: `a/node_modules/`, then `node_modules/`. */
function foldersAbove(path: string): string[] {
  const parts = path.split('/node_modules/');
  const inside = parts.map((_, index) => `${parts.slice(0, index + 1).join('/node_modules/')}/node_modules/`);
  return [...inside.toReversed(), 'node_modules/'];
}

if (import.meta.main) {
  const faults = faultsOf(JSON.parse(await readFile(LOCK, 'utf8')) as Lock);
  for (const fault of faults) process.stderr.write(`package-lock.json: ${fault}\n`);
  if (faults.length > 0) {
    process.stderr.write('Remove these entries from package-lock.json, and run `npm install --package-lock-only`.\n');
    process.exitCode = 1;
  }
}
