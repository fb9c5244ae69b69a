import { reasonOf } from '../lib/reason.ts';

/** The result of reading one source about an order. */
export type Lookup<T> = { kind: 'found'; value: T } | { kind: 'missing' } | { kind: 'unreadable'; why: string };

/** Never rejects, so an unavailable source does not hide the others. */
export async function lookUp<T>(read: () => Promise<T | undefined>): Promise<Lookup<T>> {
  try {
    const value = await read();
    return value === undefined ? { kind: 'missing' } : { kind: 'found', value };
  } catch (error) {
    return { kind: 'unreadable', why: reasonOf(error) };
  }
}

export const foundValue = <T>(lookup: Lookup<T>): T | undefined => (lookup.kind === 'found' ? lookup.value : undefined);
