/** A caller that waits for its turn. */
interface Waiting {
  start(): void;
  refuse(error: Error): void;
}

export interface TurnOptions {
  /** For all addresses together. */
  waitingMax: number;
  waitingPerAddressMax: number;
  /** The error for a caller that may not wait. */
  refusal(): Error;
}

/**
 * A queue in which addresses take turns: the first caller of an address waits for at most one caller of each other
 * address. The libraries for queues (cockatiel, p-queue, bottleneck) serve in order of arrival or by priority, so one
 * address with many callers would keep all others waiting.
 */
export function createTurns({ waitingMax, waitingPerAddressMax, refusal }: TurnOptions) {
  /** By address. The first address is next. */
  const queues = new Map<string, Waiting[]>();
  let size = 0;

  /**
   * Refuses the newest caller of the address with the most callers. Does nothing and returns false if that address has
   * no more callers than the new caller's address would have; `own` is how many that address has now.
   */
  function makeRoom(own: number): boolean {
    const longest = longestOf(queues)?.[1] ?? [];
    if (longest.length <= own + 1) return false;
    longest.pop()!.refuse(refusal());
    size -= 1;
    return true;
  }

  return {
    /**
     * Resolves when it is this caller's turn. Rejects if too many callers wait, either immediately or when others
     * arrive later.
     */
    async wait(address: string): Promise<void> {
      const queue = queues.get(address) ?? [];
      if (queue.length >= waitingPerAddressMax) throw refusal();
      if (size >= waitingMax && !makeRoom(queue.length)) throw refusal();
      await new Promise<void>((start, refuse) => {
        queue.push({ start, refuse });
        queues.set(address, queue);
        size += 1;
      });
    },

    /** Starts the next caller. Returns false if no caller waits. */
    startNext(): boolean {
      const [next] = queues;
      if (!next) return false;
      const [address, queue] = next;
      queue.shift()!.start();
      size -= 1;
      // Deleting the address and setting it again moves it to the end.
      queues.delete(address);
      if (queue.length > 0) queues.set(address, queue);
      return true;
    },
  };
}

/** Returns the address with the longest list. Of equally long lists, returns the first. */
export function longestOf<L extends readonly unknown[]>(lists: ReadonlyMap<string, L>): [string, L] | undefined {
  let longest: [string, L] | undefined;
  for (const entry of lists) if (!longest || entry[1].length > longest[1].length) longest = entry;
  return longest;
}
