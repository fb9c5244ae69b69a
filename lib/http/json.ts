import { parse } from 'lossless-json';

/**
 * Parses JSON exactly as written. Throws a SyntaxError for a key with two values, for `__proto__`, and for a number
 * that JavaScript would round.
 */
export function parseJson(text: string): unknown {
  try {
    return parse(text, checked, { parseNumber: exactNumber, onDuplicateKey });
  } catch (error) {
    if (error instanceof Unacceptable) throw error;
    // The parser recurses, so any other error is a stack overflow.
    if (!(error instanceof SyntaxError)) throw new Unacceptable('it is nested too deeply', { cause: error });
    throw new Unacceptable(`it is incomplete or has a syntax error${positionIn(error)}`, { cause: error });
  }
}

/** Says what is wrong without quoting the text, which may contain a password. */
class Unacceptable extends SyntaxError {}

function positionIn({ message }: Error): string {
  const [place] = /at position \d+/.exec(message) ?? [];
  return place ? ` ${place}` : '';
}

function checked(key: string, value: unknown): unknown {
  // Code that copies such a key would change the prototype of all objects. The parser has decoded the key, so escapes
  // do not hide it.
  if (key === '__proto__' || (key === 'constructor' && hasPrototype(value)))
    throw new Unacceptable('it has a forbidden prototype property');
  // Half a surrogate pair would be stored as a replacement character, which could make two passwords equal.
  if (typeof value === 'string' && !value.isWellFormed())
    throw new Unacceptable('a string contains half of a surrogate pair');
  return value;
}

const hasPrototype = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype');

/** Accepts `5.0`, but refuses numbers that JavaScript would round, such as `5.0000000000000001` and 2^53+1. */
function exactNumber(written: string): number {
  const number = Number(written);
  const [, whole] = /^(-?\d+)(\.0+)?$/.exec(written) ?? [];
  if (!Number.isFinite(number) || (whole === undefined ? Number.isInteger(number) : BigInt(whole) !== BigInt(number))) {
    throw new Unacceptable(
      'it has a number that cannot be represented exactly; send a whole number up to 9007199254740991 in plain digits',
    );
  }
  return number;
}

function onDuplicateKey({ key }: { key: string }): never {
  throw new Unacceptable(`the key "${key.slice(0, 40)}" appears twice`);
}
