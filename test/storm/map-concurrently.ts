/**
 * Runs `act` on all items, `concurrency` at a time. Returns the results in input order. After the signal is aborted, it
 * starts no more items, and rejects if any are left.
 */
export async function mapConcurrently<T, R>(
  items: readonly T[],
  concurrency: number,
  act: (item: T) => Promise<R>,
  signal?: AbortSignal,
): Promise<R[]> {
  const results: R[] = [];
  const remaining = items.entries();
  const work = async () => {
    for (const [n, item] of remaining) {
      signal?.throwIfAborted();
      results[n] = await act(item);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return results;
}
