import { dictionary } from '@zxcvbn-ts/language-common';
import { Problem } from '../../lib/http/problem.ts';

/** About 18,000 common passwords of at least eight characters, in lower case, most common first. */
const COMMON: ReadonlySet<string> = new Set(dictionary['passwords-common'].filter(({ length }) => length >= 8));

/** The library recognizes repetitions and sequences by its own rules, so they are not in its list. */
const REPETITION = /^([a-z\d]{1,6}?)\1+$/;
/** Longer repetitions are not common. */
const REPETITION_LENGTH_MAX = 32;
const ROWS = ['01234567890', 'abcdefghijklmnopqrstuvwxyz', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm'];
const SEQUENCES = ROWS.flatMap((row) => [row, row.split('').toReversed().join('')]);

/**
 * Throws if the password is common or equals the user name. `pointer` is the JSON pointer to the password in the body.
 */
export function refuseWeak(password: string, username: string, pointer: string): void {
  const plain = plainOf(password);
  if (plain === plainOf(username))
    throw refusal(pointer, 'The password must differ from the user name. Choose another one.');
  if (isCommon(plain))
    throw refusal(pointer, 'This is one of the most common passwords, which are guessed first. Choose another one.');
}

/** Ignores what guesses try too: case, wide characters such as `１`, and blanks around the word. */
const plainOf = (text: string): string => text.normalize('NFKC').toLowerCase().trim();

const isCommon = (plain: string): boolean =>
  COMMON.has(plain) ||
  (plain.length <= REPETITION_LENGTH_MAX && REPETITION.test(plain)) ||
  SEQUENCES.some((sequence) => sequence.includes(plain));

const refusal = (pointer: string, detail: string): Problem =>
  new Problem('bad-request', detail, { members: { errors: [{ pointer, detail }] } });
