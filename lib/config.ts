export type Env = Readonly<Record<string, string | undefined>>;
export type Reader<T> = (env: Env) => T;
export type Config<R extends Readers> = Readonly<{ [K in keyof R]: ReturnType<R[K]> }>;
type Readers = Readonly<Record<string, Reader<unknown>>>;

/** A required variable. */
export const text =
  (name: string): Reader<string> =>
  (env) =>
    env[name] || fail(`${name} is not set`);

/** An optional variable. */
export const textOr =
  <T extends string | undefined>(name: string, otherwise: T): Reader<string | T> =>
  (env) =>
    env[name] || otherwise;

/** An absolute URL, without a trailing slash. */
export const url =
  (name: string): Reader<string> =>
  (env) => {
    const value = text(name)(env);
    if (!URL.canParse(value)) fail(`${name} is not a URL`);
    return value.replace(/\/$/, '');
  };

/** `min` and `max` are allowed values. */
export const wholeNumber =
  (name: string, { min, max, otherwise }: { min: number; max: number; otherwise: number }): Reader<number> =>
  (env) => {
    const value = env[name];
    if (!value) return otherwise;
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < min || number > max)
      fail(`${name} must be a whole number from ${min} to ${max}, not "${value}"`);
    return number;
  };

/** A TCP port; 0 lets the system pick one. */
export const port = (name: string, otherwise = 0): Reader<number> =>
  wholeNumber(name, { min: 0, max: 65535, otherwise });

export const oneOf =
  <T extends string>(name: string, words: readonly T[], otherwise: T): Reader<T> =>
  (env) => {
    const value = env[name] || otherwise;
    return words.find((word) => word === value) ?? fail(`${name} must be one of ${words.join(', ')}, not "${value}"`);
  };

/** Comma-separated, with at least one word. */
export const list =
  (name: string): Reader<string[]> =>
  (env) => {
    const words = text(name)(env)
      .split(',')
      .map((word) => word.trim())
      .filter(Boolean);
    return words.length > 0 ? words : fail(`${name} is empty`);
  };

/** Reads all variables, or throws one ConfigFault that lists every fault. */
export function readConfig<R extends Readers>(env: Env, readers: R): Config<R> {
  const config: Record<string, unknown> = {};
  const faults: string[] = [];
  for (const [key, read] of Object.entries(readers)) {
    try {
      config[key] = read(env);
    } catch (error) {
      if (!(error instanceof ConfigFault)) throw error;
      faults.push(error.message);
    }
  }
  // Several roles may have the same fault.
  if (faults.length > 0) throw new ConfigFault([...new Set(faults.flatMap((fault) => fault.split('\n')))].join('\n'));
  return Object.freeze(config) as Config<R>;
}

/** One sentence per line, each naming its variable. */
export class ConfigFault extends Error {}

function fail(message: string): never {
  throw new ConfigFault(message);
}
