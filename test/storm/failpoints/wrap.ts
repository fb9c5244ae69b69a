import { createRequire } from 'node:module';
import { delayIfLate } from './delays.ts';
import { pass } from './pass.ts';
import { steps, type Hook, type Step } from './steps.ts';

type Act = (this: unknown, ...input: unknown[]) => unknown;
type Members = Record<string, unknown>;
type Around = (act: Act) => Act;

const roles: ReadonlySet<string> = new Set(process.argv.slice(2));

/**
 * Wraps an export so that its steps pass their failpoints. Throws if a step no longer exists; otherwise its failpoints
 * would silently never be passed.
 */
export function wrap(file: string, exported: string, original: unknown): unknown {
  const own = steps.filter((step) => step.file === file && step.exported === exported);
  return own.reduce((wrapped, step) => wrapOne(step, wrapped), existing(original, `${exported} in ${file}`));
}

function wrapOne(step: Step, act: Act): Act {
  const around: Around = (each) => passing(step, each);
  const { hook } = step;
  const source = `${step.exported} in ${step.file} (step ${step.name})`;
  switch (hook.kind) {
    case 'export':
      return around(act);
    case 'returned':
      return (...input) => around(existing(act(...input), `the return value of ${source}`));
    case 'methods':
      return (...input) => {
        const made = act(...input) as Members;
        for (const method of hook.names) made[method] = around(existing(made[method], `${method} of ${source}`));
        return made;
      };
    case 'argument':
      return (...input) => act(...input.with(hook.index, replaced(input[hook.index], hook.path, around, source)));
    case 'library':
      patchLibrary(hook, around, source);
      return act;
  }
}

function passing({ name, role, when, hadEffect }: Step, act: Act): Act {
  if (!roles.has(role) && !roles.has('all')) return act;
  const dir = failpointsDir();
  return async function (...input) {
    if (when && !when(...(input as never[]))) return act.apply(this, input);
    pass(dir, `${name}:before`);
    await delayIfLate(dir, name);
    const result = await act.apply(this, input);
    if (!hadEffect || hadEffect(result as never)) pass(dir, `${name}:after`);
    return result;
  };
}

/** Returns a copy of an argument with the function wrapped. Other code uses the original, which stays unchanged. */
function replaced(argument: unknown, [name, ...path]: readonly string[], around: Around, source: string): unknown {
  if (name === undefined) return around(existing(argument, `an argument of ${source}`));
  const members = argument as Members;
  return { ...members, [name]: replaced(members[name], path, around, source) };
}

const require = createRequire(import.meta.url);

function patchLibrary({ module, method }: Extract<Hook, { kind: 'library' }>, around: Around, source: string): void {
  const { prototype } = require(module) as { prototype: Members };
  prototype[method] = around(existing(prototype[method], `${method} of ${module}, used by ${source}`));
}

function existing(act: unknown, source: string): Act {
  if (typeof act !== 'function')
    throw new Error(
      `Not a function: ${source}. Its failpoints cannot be installed. Update test/storm/failpoints/steps.ts.`,
    );
  return act as Act;
}

/** Returns the folder of armed failpoints. */
export function failpointsDir(): string {
  const dir = process.env['FAILPOINTS_DIR'];
  if (!dir) throw new Error('FAILPOINTS_DIR is not set. Set it to the folder in which failpoints are armed.');
  return dir;
}
