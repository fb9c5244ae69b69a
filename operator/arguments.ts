import { userInfo } from 'node:os';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { validate } from 'uuid';
import { UsageError } from './command.ts';

type Options = NonNullable<ParseArgsConfig['options']>;
type Values = Partial<Record<string, string | boolean>>;

/** Who acts, and why. */
export interface Attribution {
  reason: string;
  operator: string;
}

/** Options of every operator action. */
export const attributionOptions = { reason: { type: 'string' }, operator: { type: 'string' } } as const;

/** Throws for an unknown option. */
export function readArguments(args: readonly string[], options: Options): { positionals: string[]; values: Values } {
  try {
    const { positionals, values } = parseArgs({ args: [...args], options, allowPositionals: true });
    return { positionals, values: values as Values };
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

/** Throws for an option that is not allowed. */
export function allowOnly(values: Values, allowed: readonly string[]): void {
  const other = Object.keys(values).find((name) => !allowed.includes(name));
  if (other) throw new UsageError(`--${other} does not apply to this command.`);
}

/** Returns the order id in lower case, as stored. */
export function orderIdOf(arg: string | undefined): string {
  if (!arg || !validate(arg))
    throw new UsageError(`"${arg ?? ''}" is not an order id. An order id is a UUID, as returned by POST /orders.`);
  return arg.toLowerCase();
}

/** Requires a reason, because the reason cannot be found out afterwards. */
export function attributionOf({ reason, operator }: Values): Attribution {
  if (typeof reason !== 'string' || !reason.trim())
    throw new UsageError('Give a reason with --reason "<why>". It is recorded with the action.');
  return { reason: reason.trim(), operator: operatorOf(operator) };
}

function operatorOf(named: string | boolean | undefined): string {
  const name = (typeof named === 'string' ? named : osUser()).trim();
  if (!name) throw new UsageError('Give your name with --operator <name>. It is recorded with the action.');
  return name;
}

/** In a container, the user may have no name. */
function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    return '';
  }
}
