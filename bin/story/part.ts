/** One place that was asked about an order: what it has, that it has nothing, or why it could not be asked. */
export type Part<T> = { kind: 'found'; value: T } | { kind: 'missing' } | { kind: 'unread'; why: string };

/** Asks one place. A story is told as far as it can be read, so no place that is away ends it. */
export async function ask<T>(read: () => Promise<T | undefined>): Promise<Part<T>> {
  try {
    const value = await read();
    return value === undefined ? { kind: 'missing' } : { kind: 'found', value };
  } catch (error) {
    return { kind: 'unread', why: reasonOf(error) };
  }
}

/** What was found, if anything was. */
export const found = <T>(part: Part<T>): T | undefined => (part.kind === 'found' ? part.value : undefined);

/** Why something failed, in one line. Some errors say nothing themselves, and all in their code or in what caused them. */
export function reasonOf(error: unknown): string {
  const { message, code, cause, errors } = error as {
    message?: string;
    code?: unknown;
    cause?: unknown;
    errors?: unknown[];
  };
  const inner = cause ?? errors?.[0];
  const words = message || (inner === undefined ? String(code ?? error) : reasonOf(inner));
  return words
    .trim()
    .split(/\s*\n\s*/)
    .at(-1)!;
}
