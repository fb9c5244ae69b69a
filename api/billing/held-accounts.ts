/** Remembers for `rememberMs` that an account was found locked. */
export function createHeldAccounts(rememberMs: number) {
  const untilMs = new Map<string, number>();
  return {
    has: (ownerId: string): boolean => (untilMs.get(ownerId) ?? 0) > performance.now(),
    add(ownerId: string): void {
      const nowMs = performance.now();
      // A map keeps the order of insertion, so the entries that end first are at its front.
      untilMs.delete(ownerId);
      untilMs.set(ownerId, nowMs + rememberMs);
      for (const [oldest, endMs] of untilMs) {
        if (endMs > nowMs) break;
        untilMs.delete(oldest);
      }
    },
    delete: (ownerId: string): void => void untilMs.delete(ownerId),
  };
}
