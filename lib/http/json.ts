import { parse as parseLossless } from 'lossless-json';
import { parse as parseSecure } from 'secure-json-parse';

/**
 * Parses JSON exactly as written. Throws a SyntaxError for a key with two values, for `__proto__`, and for a number
 * that JavaScript would round.
 */
export function parseJson(text: string): unknown {
  // Rejects `__proto__` and `constructor.prototype`, even escaped.
  try {
    parseSecure(text, undefined, { protoAction: 'error', constructorAction: 'error' });
  } catch (cause) {
    throw new SyntaxError(unquoted((cause as Error).message), { cause });
  }
  try {
    return parseLossless(text, wellFormed, { parseNumber: exactNumber, onDuplicateKey });
  } catch (error) {
    // The parser recurses, so any other error is a stack overflow.
    throw error instanceof SyntaxError ? error : new SyntaxError('it is nested too deeply', { cause: error });
  }
}

/** V8 quotes the text, which may contain a password. */
function unquoted(message: string): string {
  if (/forbidden prototype/.test(message)) return message;
  const [place] = /at position \d+/.exec(message) ?? [];
  return `it is incomplete or has a syntax error${place ? ` ${place}` : ''}`;
}

/** Half a surrogate pair would be stored as a replacement character, which could make two passwords equal. */
function wellFormed(_key: string, value: unknown): unknown {
  if (typeof value === 'string' && !value.isWellFormed())
    throw new SyntaxError('a string contains half of a surrogate pair');
  return value;
}

/** Accepts `5.0`, but not `5.0000000000000001` and 2^53+1, which JavaScript would round. */
function exactNumber(written: string): number {
  const number = Number(written);
  const [, whole] = /^(-?\d+)(\.0+)?$/.exec(written) ?? [];
  if (!Number.isFinite(number) || (whole === undefined ? Number.isInteger(number) : BigInt(whole) !== BigInt(number))) {
    throw new SyntaxError(
      'it has a number that cannot be represented exactly; send a whole number up to 9007199254740991 in plain digits',
    );
  }
  return number;
}

function onDuplicateKey({ key }: { key: string }): never {
  throw new SyntaxError(`the key "${key.slice(0, 40)}" appears twice`);
}
