export type Env = Readonly<Record<string, string | undefined>>;
export type Config<R extends Readers> = Readonly<{ [K in keyof R]: ReturnType<R[K]> }>;
export type Readers = Readonly<Record<string, Reader<unknown>>>;

/** A variable as docs/settings.md shows it. Without a `fallback` it is required. */
export interface Setting {
  name: string;
  meaning: string;
  fallback?: string;
}

/** Reads a value from the environment. `settings` names every variable that the function uses. */
export interface Reader<T> {
  (env: Env): T;
  readonly settings: readonly Setting[];
}

/** `settings` must name every variable that `read` uses. */
export const readerOf = <T>(settings: readonly Setting[], read: (env: Env) => T): Reader<T> =>
  Object.assign((env: Env) => read(env), { settings });

/** A required variable. */
export const text = (name: string, meaning: string): Reader<string> =>
  readerOf([{ name, meaning }], (env) => env[name] || fail(`${name} is not set`));

/** An optional variable. */
export const textOr = <T extends string | undefined>(name: string, meaning: string, otherwise: T): Reader<string | T> =>
  readerOf([{ name, meaning, fallback: otherwise ?? '' }], (env) => env[name] || otherwise);

/** An absolute URL, without a trailing slash. */
export const url = (name: string, meaning: string): Reader<string> =>
  converted(text(name, meaning), (value) => {
    if (!URL.canParse(value)) fail(`${name} is not a URL`);
    return value.replace(/\/$/, '');
  });

/** `min` and `max` are inclusive. */
export const wholeNumber = (
  name: string,
  meaning: string,
  { min, max, otherwise }: { min: number; max: number; otherwise: number },
): Reader<number> =>
  readerOf([{ name, meaning, fallback: String(otherwise) }], (env) => {
    const value = env[name];
    if (!value) return otherwise;
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < min || number > max)
      fail(`${name} must be a whole number from ${min} to ${max}, not "${value}"`);
    return number;
  });

/** A TCP port; 0 lets the system pick one. */
export const port = (name: string, meaning: string, otherwise = 0): Reader<number> =>
  readerOf(
    [{ name, meaning, fallback: otherwise === 0 ? 'free port' : String(otherwise) }],
    wholeNumber(name, meaning, { min: 0, max: 65535, otherwise }),
  );

/** One of `words`. */
export const oneOf = <T extends string>(name: string, meaning: string, words: readonly T[], otherwise: T): Reader<T> =>
  readerOf([{ name, meaning, fallback: otherwise }], (env) => {
    const value = env[name] || otherwise;
    return words.find((word) => word === value) ?? fail(`${name} must be one of ${words.join(', ')}, not "${value}"`);
  });

/** Comma-separated, with at least one word. */
export const list = (name: string, meaning: string): Reader<string[]> =>
  converted(text(name, meaning), (value) => {
    const words = value
      .split(',')
      .map((word) => word.trim())
      .filter(Boolean);
    return words.length > 0 ? words : fail(`${name} is empty`);
  });

/** Reads undefined if none of the variables is set. docs/settings.md shows `fallback` as their default. */
export const optional = <T>(reader: Reader<T>, fallback = ''): Reader<T | undefined> =>
  readerOf(
    reader.settings.map((setting) => ({ ...setting, fallback })),
    (env) => (reader.settings.some(({ name }) => env[name]) ? reader(env) : undefined),
  );

/** Converts the value that `reader` reads. `convert` may throw a ConfigFault. */
export const converted = <T, U>(reader: Reader<T>, convert: (value: T) => U): Reader<U> =>
  readerOf(reader.settings, (env) => convert(reader(env)));

/** Reads several settings into one. */
export const group = <R extends Readers>(readers: R): Reader<Config<R>> =>
  readerOf(settingsOf(readers), (env) => readConfig(env, readers));

/** The variables of all `readers`. */
export const settingsOf = (readers: Readers): Setting[] => Object.values(readers).flatMap((reader) => reader.settings);

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
  // Several readers may report the same fault.
  if (faults.length > 0) throw new ConfigFault([...new Set(faults.flatMap((fault) => fault.split('\n')))].join('\n'));
  return Object.freeze(config) as Config<R>;
}

/** The message has one line per fault, and each line names its variable. */
export class ConfigFault extends Error {}

function fail(message: string): never {
  throw new ConfigFault(message);
}
