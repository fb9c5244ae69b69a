import { violations, type Violation } from './violation.ts';

/** I16: exactly the unprocessable messages are in the dead-letter topics. */
export function checkDeadLetters({
  unprocessable,
  deadLetters,
}: {
  unprocessable: readonly string[];
  deadLetters: readonly string[];
}): Violation[] {
  return [
    ...violations(
      'I16',
      unprocessable.filter((place) => !deadLetters.includes(place)),
      (place) => `the unprocessable message at ${place} has no dead letter`,
    ),
    ...violations(
      'I16',
      deadLetters.filter((place) => !unprocessable.includes(place)),
      (place) => `the message at ${place} has a dead letter although it can be processed`,
    ),
  ];
}
