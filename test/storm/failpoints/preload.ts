/**
 * `node --import <root>/test/storm/failpoints/preload.ts bin/order-saga.ts <role>`: the product as it is, with failpoints around its
 * steps. The product knows nothing of them. A module that takes a step is replaced while it is loaded, by one that exports the same
 * and wraps what takes the step.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { foldersOf } from './points.ts';
import { steps } from './steps.ts';
import { failpointsDir } from './wrap.ts';

const ORIGINAL = '?original';
const root = new URL('../../../', import.meta.url);
const wrapUrl = new URL('wrap.ts', import.meta.url).href;

for (const folder of Object.values(foldersOf(failpointsDir()))) mkdirSync(folder, { recursive: true });

const sources = new Map<string, string>();
for (const file of new Set(steps.map((step) => step.file))) {
  const url = new URL(file, root);
  // A file that was moved would be loaded as it is, and its failpoints passed by nobody.
  if (!existsSync(url)) throw new Error(`There is no ${file} any more: mend test/storm/failpoints/steps.ts`);
  sources.set(url.href, sourceOf(file, url.href));
}

registerHooks({
  load(url, context, nextLoad) {
    const source = sources.get(url);
    return source === undefined ? nextLoad(url, context) : { format: 'module', source, shortCircuit: true };
  },
});

/** A module that exports what the original does. What it exports by name wins over what it passes on. */
function sourceOf(file: string, url: string): string {
  const original = JSON.stringify(url + ORIGINAL);
  const names = new Set(steps.filter((step) => step.file === file).map((step) => step.exported));
  return [
    `import * as original from ${original};`,
    `import { wrap } from ${JSON.stringify(wrapUrl)};`,
    `export * from ${original};`,
    ...[...names].map((name) => `export const ${name} = wrap(${JSON.stringify(file)}, '${name}', original.${name});`),
  ].join('\n');
}
