import { pino } from 'pino';

export type { Logger as Log } from 'pino';

/** Fields that may hold personal data or secrets, removed from every line. */
const secrets = [
  'password',
  'authorization',
  'cookie',
  'token',
  'access_token',
  'email',
  'phone',
  'firstName',
  'lastName',
  'username',
];

/** Logs JSON lines to stdout, without personal data and secrets. */
export const createLog = (level: string) =>
  pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), remove: true },
    serializers: { err: withoutValues },
  });

/** Leaves out `meta` and `detail`, where database errors quote rows and parameters. */
function withoutValues(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error))
    return { message: typeof error === 'string' ? error : 'a value that is not an Error was thrown' };
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    stack: error.stack,
    ...(error.cause === undefined || depth > 4 ? {} : { cause: withoutValues(error.cause, depth + 1) }),
  };
}
