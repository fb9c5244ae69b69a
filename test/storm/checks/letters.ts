import { violations, type Violation } from './violation.ts';

/** Whether exactly those messages were set aside that are poison. */
export function brokenLetters({
  poison,
  letters,
}: {
  poison: readonly string[];
  letters: readonly string[];
}): Violation[] {
  return [
    ...violations(
      'I16',
      poison.filter((place) => !letters.includes(place)),
      (place) => `the poison at ${place} was not set aside`,
    ),
    ...violations(
      'I16',
      letters.filter((place) => !poison.includes(place)),
      (place) => `the message at ${place} was set aside, and is no poison`,
    ),
  ];
}
