/**
 * Returns a function that records in the background that a session is in use. The request that uses the session neither
 * waits for the write nor depends on it. Only one statement runs at a time. If the write fails, as on a read-only
 * database, a later use of the session repeats it.
 */
export function createUseRecorder(
  record: (tokenHashes: readonly string[]) => Promise<unknown>,
): (tokenHash: string) => void {
  const due = new Set<string>();
  let isRecording = false;

  async function recordAll(): Promise<void> {
    isRecording = true;
    while (due.size > 0) {
      const hashes = [...due];
      due.clear();
      await record(hashes).catch(() => {});
    }
    isRecording = false;
  }

  return (tokenHash) => {
    due.add(tokenHash);
    if (!isRecording) void recordAll();
  };
}
