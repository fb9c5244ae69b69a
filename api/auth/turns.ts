/** A caller that waits for its turn. */
interface Waiting {
  start(): void;
  refuse(error: Error): void;
}

export interface TurnOptions {
  /** In total. */
  waitingMax: number;
  waitingPerAddressMax: number;
  /** The error for a caller that may not wait. */
  refusal(): Error;
}

/**
 * A queue in which addresses take turns, so that a caller waits for at most one other caller of each address. Own code,
 * because the libraries for queues (cockatiel, p-queue, bottleneck) serve in order of arrival or by priority: there, one
 * address that sends much keeps all others waiting.
 */
export function createTurns({ waitingMax, waitingPerAddressMax, refusal }: TurnOptions) {
  /** By address; the first one's turn is next. */
  const queues = new Map<string, Waiting[]>();
  let size = 0;

  /** Refuses the newest caller of the address with the most. False if no address has more than `own` would have. */
  function makeRoom(own: number): boolean {
    const longest = longestOf(queues)?.[1] ?? [];
    if (longest.length <= own + 1) return false;
    longest.pop()!.refuse(refusal());
    size -= 1;
    return true;
  }

  return {
    /** Resolves when it is this caller's turn. Rejects if too many wait, at once or when others arrive. */
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

    /** Starts the caller whose turn is next. False if none waits. */
    startNext(): boolean {
      const [next] = queues;
      if (!next) return false;
      const [address, queue] = next;
      queue.shift()!.start();
      size -= 1;
      // Set again, the address comes last.
      queues.delete(address);
      if (queue.length > 0) queues.set(address, queue);
      return true;
    },
  };
}

/** The address with the longest list; of equal ones the first. */
export function longestOf<L extends readonly unknown[]>(lists: ReadonlyMap<string, L>): [string, L] | undefined {
  let longest: [string, L] | undefined;
  for (const entry of lists) if (!longest || entry[1].length > longest[1].length) longest = entry;
  return longest;
}
