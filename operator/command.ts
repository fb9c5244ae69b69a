import { ConfigFault } from '../lib/config.ts';
import { exitWhenDone } from '../lib/exit-when-done.ts';
import { reasonOf } from '../lib/reason.ts';

/** Exit codes: 0 done or found; 1 refused or not found; 2 called wrongly, or failed. */
export interface CommandResult {
  text: string;
  exitCode: 0 | 1 | 2;
  /** True if the text is an error message. */
  isError?: true;
}

/** Wrong command line. The message says what to change. */
export class UsageError extends Error {}

/** Runs a command. Returns the usage for `--help` and an error message if it throws. */
export async function runCommand(
  usage: string,
  args: readonly string[],
  act: () => Promise<CommandResult>,
): Promise<CommandResult> {
  if (args.includes('--help') || args.includes('-h')) return { text: usage, exitCode: 0 };
  try {
    return await act();
  } catch (error) {
    if (error instanceof UsageError) return { text: `${error.message}\n${usage}`, exitCode: 2, isError: true };
    return {
      text: `The command failed: ${error instanceof ConfigFault ? error.message : reasonOf(error)}`,
      exitCode: 2,
      isError: true,
    };
  }
}

/** Prints errors to standard error. Exits once nothing is left to do. */
export function printAndExit({ text, exitCode, isError }: CommandResult): void {
  (isError === true ? process.stderr : process.stdout).write(`${text}\n`);
  process.exitCode = exitCode;
  exitWhenDone();
}
