import type { Violation } from './checks/violation.ts';

/** What was found not to hold, each once. */
export interface Findings {
  add(found: readonly Violation[]): void;
  readonly all: readonly Violation[];
}

/** Tells each violation as it is found. */
export function createFindings(onFound: (violation: Violation) => void): Findings {
  const known = new Map<string, Violation>();
  return {
    add(found) {
      for (const violation of found) {
        const name = `${violation.invariant} ${violation.what}`;
        if (known.has(name)) continue;
        known.set(name, violation);
        onFound(violation);
      }
    },
    get all() {
      return [...known.values()];
    },
  };
}
