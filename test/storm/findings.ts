import type { Violation } from './checks/violation.ts';

/** All violations found so far, without duplicates. */
export interface Findings {
  add(found: readonly Violation[]): void;
  readonly all: readonly Violation[];
}

const REPORTED_PER_INVARIANT_MAX = 8;

/** Calls `onFound` for each new violation, up to a limit per invariant. */
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
        if (count <= REPORTED_PER_INVARIANT_MAX) onFound(violation);
      }
    },
    get all() {
      return [...known.values()];
    },
  };
}
