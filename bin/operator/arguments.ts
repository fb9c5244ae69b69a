import { userInfo } from 'node:os';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { validate } from 'uuid';
import { Misuse } from '../command.ts';

type Options = NonNullable<ParseArgsConfig['options']>;
type Values = Partial<Record<string, string | boolean>>;

/** Why somebody does something, and who it is. */
export interface Account {
  reason: string;
  operator: string;
}

/** The options by which an operator accounts for an act. */
export const accountOptions = { reason: { type: 'string' }, operator: { type: 'string' } } as const;

/** The words and the options of a command line. An option that is not among these is refused. */
export function readArguments(words: readonly string[], options: Options): { positionals: string[]; values: Values } {
  try {
    const { positionals, values } = parseArgs({ args: [...words], options, allowPositionals: true });
    return { positionals, values: values as Values };
  } catch (error) {
    throw new Misuse((error as Error).message, { cause: error });
  }
}

/** Refuses options that were given and mean nothing here. */
export function onlyOptions(values: Values, allowed: readonly string[]): void {
  const foreign = Object.keys(values).find((name) => !allowed.includes(name));
  if (foreign) throw new Misuse(`--${foreign} means nothing here.`);
}

/** An order's id, in lower case as it is stored. */
export function orderIdOf(word: string | undefined): string {
  if (!word || !validate(word))
    throw new Misuse(`"${word ?? ''}" is not an order id: that is a UUID, as in the answer to POST /orders.`);
  return word.toLowerCase();
}

/** Without a reason nothing is done: it is the one thing that nobody can find out afterwards. */
export function accountOf({ reason, operator }: Values): Account {
  if (typeof reason !== 'string' || !reason.trim())
    throw new Misuse('Say why, with --reason "…": it is written down with what is done.');
  return { reason: reason.trim(), operator: operatorOf(operator) };
}

function operatorOf(named: string | boolean | undefined): string {
  const name = (typeof named === 'string' ? named : osUser()).trim();
  if (!name) throw new Misuse('Say who you are, with --operator <name>: the system does not know it.');
  return name;
}

/** The account that the command runs under. A container may run under one that has no name. */
function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    return '';
  }
}
