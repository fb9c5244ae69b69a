const FOR_MS = 200;

/** Shares one call among all callers while it runs and for `forMs` after it. A rejection is not cached. */
export function shareCalls<T>(call: () => Promise<T>, forMs = FOR_MS): () => Promise<T> {
  let last: Promise<T> | undefined;
  return () => {
    if (last) return last;
    const result = (last = call());
    const forget = () => (last = undefined);
    result.then(() => setTimeout(forget, forMs).unref(), forget);
    return result;
  };
}
