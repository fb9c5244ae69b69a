export interface Violation {
  invariant: `I${number}`;
  what: string;
}

/** One violation per item. */
export const violations = <T>(
  invariant: Violation['invariant'],
  items: Iterable<T>,
  what: (each: T) => string,
): Violation[] => [...items].map((each) => ({ invariant, what: what(each) }));
