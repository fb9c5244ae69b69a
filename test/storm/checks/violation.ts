/** What was found not to hold. */
export interface Violation {
  /** By its number among the invariants. */
  invariant: `I${number}`;
  what: string;
}

/** One violation for each of these; none when there are none. */
export const violations = <T>(
  invariant: Violation['invariant'],
  of: Iterable<T>,
  what: (each: T) => string,
): Violation[] => [...of].map((each) => ({ invariant, what: what(each) }));
