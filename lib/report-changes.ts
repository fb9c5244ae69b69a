import { reasonOf } from './reason.ts';

/**
 * Returns `act` with reports: `onFailed` is called for a failure whose reason differs from that of the last call, and
 * `onWorks` for the first success after a failure.
 */
export function reportChanges(
  act: () => Promise<void>,
  { onFailed, onWorks }: { onFailed(error: unknown, reason: string): void; onWorks(): void },
): () => Promise<void> {
  let known: string | undefined;
  return async () => {
    try {
      await act();
    } catch (error) {
      const reason = reasonOf(error);
      if (reason !== known) onFailed(error, reason);
      known = reason;
      throw error;
    }
    if (known !== undefined) onWorks();
    known = undefined;
  };
}
