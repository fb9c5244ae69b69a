import { parse as parseLossless } from 'lossless-json';
import { parse as parseSecure } from 'secure-json-parse';

/**
 * Parses JSON that a stranger sent, and takes it as it was written or not at all: a key named twice with two values, `__proto__`, and a number
 * that JavaScript would round are refused. Throws a SyntaxError that says what is wrong.
 */
export function parseJson(text: string): unknown {
  // Refuses `__proto__` and `constructor.prototype`, however they are escaped.
  try {
    parseSecure(text, undefined, { protoAction: 'error', constructorAction: 'error' });
  } catch (cause) {
    throw new SyntaxError(unquoted((cause as Error).message), { cause });
  }
  try {
    return parseLossless(text, wellFormed, { parseNumber: exactNumber, onDuplicateKey });
  } catch (error) {
    // What is left is the parser's own end: it calls itself for each level.
    throw error instanceof SyntaxError ? error : new SyntaxError('it is nested too deeply', { cause: error });
  }
}

/** What is wrong, without the piece of the text that V8 shows: it may be half of a password. */
function unquoted(message: string): string {
  if (/forbidden prototype/.test(message)) return message;
  const [place] = /at position \d+/.exec(message) ?? [];
  return place ? `it breaks off or goes wrong ${place}` : 'it breaks off, or goes wrong somewhere';
}

/** Half of a surrogate pair cannot be stored: it would become another character, and two passwords one. */
function wellFormed(_key: string, value: unknown): unknown {
  if (typeof value === 'string' && !value.isWellFormed())
    throw new SyntaxError('a text holds half of a surrogate pair');
  return value;
}

/** `5` and `5.0` are five. `5.0000000000000001` would become five and is not, and neither is 2^53+1 the number that it becomes. */
function exactNumber(written: string): number {
  const number = Number(written);
  const [, whole] = /^(-?\d+)(\.0+)?$/.exec(written) ?? [];
  if (!Number.isFinite(number) || (whole === undefined ? Number.isInteger(number) : BigInt(whole) !== BigInt(number))) {
    throw new SyntaxError(
      `a number in it cannot be taken exactly; send a whole number up to 9007199254740991 in plain digits`,
    );
  }
  return number;
}

function onDuplicateKey({ key }: { key: string }): never {
  throw new SyntaxError(`the key "${key.slice(0, 40)}" stands there twice`);
}
