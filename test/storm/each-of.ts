/** Does it for each of them, so many at a time, and answers what came of each, in their order. Rejects when the signal is aborted meanwhile. */
export async function eachOf<T, R>(
  all: readonly T[],
  atOnce: number,
  act: (each: T) => Promise<R>,
  signal?: AbortSignal,
): Promise<R[]> {
  const results: R[] = [];
  const left = all.entries();
  const work = async () => {
    for (const [n, each] of left) {
      signal?.throwIfAborted();
      results[n] = await act(each);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}
