import { ConfigFault } from '../lib/config.ts';
import { exitWhenDone } from '../lib/exit-when-done.ts';
import { reasonOf } from './story/part.ts';

/** What a command has to say, and how it ends: 0 told or done; 1 not so, or refused; 2 misused, or not possible at this moment. */
export interface Told {
  text: string;
  exitCode: 0 | 1 | 2;
  /** True when the text is not what was asked for, but why it could not be told. */
  isFault?: true;
}

/** A command that was called in a way that it does not understand. The message says what is wrong. */
export class Misuse extends Error {}

/** Does what a command was asked for. One that was called wrongly, or asked with `--help`, tells how it is called; what fails tells why. */
export async function answer(usage: string, words: readonly string[], act: () => Promise<Told>): Promise<Told> {
  if (words.includes('--help') || words.includes('-h')) return { text: usage, exitCode: 0 };
  try {
    return await act();
  } catch (error) {
    if (error instanceof Misuse) return { text: `${error.message}\n${usage}`, exitCode: 2, isFault: true };
    return {
      text: `That could not be done: ${error instanceof ConfigFault ? error.message : reasonOf(error)}`,
      exitCode: 2,
      isFault: true,
    };
  }
}

/** Ends the program as the command wants it. What went wrong goes where it does not mix with what was asked for. */
export function end({ text, exitCode, isFault }: Told): void {
  (isFault === true ? process.stderr : process.stdout).write(`${text}\n`);
  process.exitCode = exitCode;
  exitWhenDone();
}
