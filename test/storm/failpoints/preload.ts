/**
 * `node --import <root>/test/storm/failpoints/preload.ts bin/order-saga.ts <role>` runs the unchanged product with
 * failpoints around its steps. A module that contains a step is replaced while loading by one that wraps the step's
 * exports.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { foldersOf } from './points.ts';
import { steps } from './steps.ts';
import { failpointsDir } from './wrap.ts';

const ORIGINAL = '?original';
const root = new URL('../../..', import.meta.url);
const wrapUrl = new URL('wrap.ts', import.meta.url).href;

for (const folder of Object.values(foldersOf(failpointsDir()))) mkdirSync(folder, { recursive: true });

const sources = new Map<string, string>();
for (const file of new Set(steps.map((step) => step.file))) {
  const url = new URL(file, root);
  // Without this check the failpoints of a moved file would silently never be passed.
  if (!existsSync(url))
    throw new Error(
      `${file} no longer exists, so its failpoints cannot be installed. Update test/storm/failpoints/steps.ts.`,
    );
  sources.set(url.href, sourceOf(file, url.href));
}

registerHooks({
  load(url, context, nextLoad) {
    const source = sources.get(url);
    return source === undefined ? nextLoad(url, context) : { format: 'module', source, shortCircuit: true };
  },
});

/** The replacement of a module. Its named exports take precedence over `export *`, so they hide the original ones. */
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
