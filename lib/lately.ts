const FOR_MS = 200;

/**
 * Answers whoever asks at the same time, or within `forMs` after that, as one: so that asking often costs no more than asking now and
 * then. What rejects is told to those who have asked by then, and to nobody later.
 */
export function lately<T>(ask: () => Promise<T>, forMs = FOR_MS): () => Promise<T> {
  let last: Promise<T> | undefined;
  return () => {
    if (last) return last;
    const answer = (last = ask());
    const forget = () => (last = undefined);
    answer.then(() => setTimeout(forget, forMs).unref(), forget);
    return answer;
  };
}
