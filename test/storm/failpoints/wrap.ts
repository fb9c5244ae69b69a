import { createRequire } from 'node:module';
import { pass } from './pass.ts';
import { steps, type Place, type Step } from './steps.ts';

type Act = (this: unknown, ...input: unknown[]) => unknown;
type Members = Record<string, unknown>;
type Around = (act: Act) => Act;

const roles: ReadonlySet<string> = new Set(process.argv.slice(2));

/**
 * What a module exports under this name, passing the failpoints of its steps whenever it takes one of them. Throws when a step is
 * not there any more: a failpoint that nobody passes would go unnoticed for ever.
 */
export function wrap(file: string, exported: string, original: unknown): unknown {
  const own = steps.filter((step) => step.file === file && step.exported === exported);
  return own.reduce((wrapped, step) => wrapOne(step, wrapped), existing(original, `${exported} in ${file}`));
}

function wrapOne(step: Step, act: Act): Act {
  const around: Around = (each) => passing(step, each);
  const { place } = step;
  const what = `${step.exported} in ${step.file}, for the failpoint ${step.name},`;
  switch (place.kind) {
    case 'export':
      return around(act);
    case 'answer':
      return (...input) => around(existing(act(...input), `what is answered by ${what}`));
    case 'methods':
      return (...input) => {
        const made = act(...input) as Members;
        for (const method of place.of) made[method] = around(existing(made[method], `${method} of ${what}`));
        return made;
      };
    case 'argument':
      return (...input) => act(...input.with(place.at, replaced(input[place.at], place.path, around, what)));
    case 'library':
      patchLibrary(place, around, what);
      return act;
  }
}

/** The same step, between its two failpoints. Only the role that the step belongs to passes them. */
function passing({ name, role, when, had }: Step, act: Act): Act {
  if (!roles.has(role) && !roles.has('all')) return act;
  const dir = failpointsDir();
  return async function (...input) {
    if (when && !when(...(input as never[]))) return act.apply(this, input);
    pass(dir, `${name}:before`);
    const answer = await act.apply(this, input);
    if (!had || had(answer as never)) pass(dir, `${name}:after`);
    return answer;
  };
}

/** A copy of what was handed over, with the function at the path wrapped. It is left alone itself: others hold it, too. */
function replaced(handed: unknown, [name, ...path]: readonly string[], around: Around, what: string): unknown {
  if (name === undefined) return around(existing(handed, `what is handed to ${what}`));
  const members = handed as Members;
  return { ...members, [name]: replaced(members[name], path, around, what) };
}

const require = createRequire(import.meta.url);

function patchLibrary({ module, method }: Extract<Place, { kind: 'library' }>, around: Around, what: string): void {
  const { prototype } = require(module) as { prototype: Members };
  prototype[method] = around(existing(prototype[method], `${method} of ${module}, used by ${what}`));
}

function existing(act: unknown, what: string): Act {
  if (typeof act !== 'function') throw new Error(`There is no ${what} any more: mend test/storm/failpoints/steps.ts`);
  return act as Act;
}

/** Where the failpoints of this process are armed. */
export function failpointsDir(): string {
  const dir = process.env['FAILPOINTS_DIR'];
  if (!dir) throw new Error('FAILPOINTS_DIR is not set: it names the folder in which failpoints are armed');
  return dir;
}
