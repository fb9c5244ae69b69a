import type { Violation } from './checks/violation.ts';

/** What was found not to hold, each once. */
export interface Findings {
  add(found: readonly Violation[]): void;
  readonly all: readonly Violation[];
}

/** Where one thing went wrong, many may follow from it. */
const TOLD_MAX = 8;

/** Tells each violation as it is found, and of many of one invariant the first ones. */
export function createFindings(onFound: (violation: Violation) => void): Findings {
  const known = new Map<string, Violation>();
  const counts = new Map<string, number>();
  return {
    add(found) {
      for (const violation of found) {
        const name = `${violation.invariant} ${violation.what}`;
        if (known.has(name)) continue;
        known.set(name, violation);
        const count = (counts.get(violation.invariant) ?? 0) + 1;
        counts.set(violation.invariant, count);
        if (count <= TOLD_MAX) onFound(violation);
      }
    },
    get all() {
      return [...known.values()];
    },
  };
}
