import { pino } from 'pino';

export type { Logger as Log } from 'pino';

/** Names under which something personal or secret could travel. The value is left out of every line, at any of the usual depths. */
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

/** Makes the process's log: one JSON line for each event, on stdout, with no name, address, password or token in it. */
export const createLog = (level: string) =>
  pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), remove: true },
    serializers: { err: withoutValues },
  });

/** An error as a log may have it. Database errors quote rows and parameters in `meta` and `detail`: those stay out. */
function withoutValues(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error))
    return { message: typeof error === 'string' ? error : 'something that is not an error was thrown' };
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    stack: error.stack,
    ...(error.cause === undefined || depth > 4 ? {} : { cause: withoutValues(error.cause, depth + 1) }),
  };
}
