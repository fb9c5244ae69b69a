/** Why something failed, in one line. Some errors carry the reason only in their code or cause. */
export function reasonOf(error: unknown): string {
  const { message, code, cause, errors } = error as {
    message?: string;
    code?: unknown;
    cause?: unknown;
    errors?: unknown[];
  };
  const inner = cause ?? errors?.[0];
  const reason = message || (inner === undefined ? String(code ?? error) : reasonOf(inner));
  // Prisma puts the server's message between its own words.
  const [, server] = /Code: `\w+`\. Message: `([^]*)`$/.exec(reason.trim()) ?? [];
  return (server ?? reason)
    .trim()
    .split(/\s*\n\s*/)
    .at(-1)!;
}
