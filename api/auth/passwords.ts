import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { hash, parseOptions, verify } from '@node-rs/argon2';
import { createBulkhead, type Origin } from './bulkhead.ts';

/** OWASP's first choice of parameters for Argon2id, which is the library's default algorithm. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/**
 * Each running hash takes 19 MiB, one of Node's four worker threads and a core. One core is left for everything else:
 * otherwise a flood of logins would slow down all requests.
 */
const RUNNING_MAX = Math.max(1, Math.min(2, availableParallelism() - 1));
/** About as many hashes as finish within one or two seconds. */
const WAITING_PER_ADDRESS_MAX = 40;
const WAITING_MAX = 160;

export interface Passwords {
  hash(password: string, origin: Origin): Promise<string>;
  /** Without a hash, returns false, but takes as long as with one. */
  matches(password: string, hash: string | undefined, origin: Origin): Promise<boolean>;
  /** True if the hash was made with other parameters. */
  isOutdated(hash: string): boolean;
}

/** Hashes passwords, a few at a time, for each address in turn. Rejects with `unavailable` if too many wait. */
export async function createPasswords({
  runningMax = RUNNING_MAX,
  waitingMax = WAITING_MAX,
  waitingPerAddressMax = WAITING_PER_ADDRESS_MAX,
} = {}): Promise<Passwords> {
  const bulkhead = createBulkhead({ runningMax, waitingMax, waitingPerAddressMax });
  const dummyHash = await hash(randomBytes(32), PARAMETERS);

  return {
    hash: (password, origin) => bulkhead(origin, () => hash(normalized(password), PARAMETERS)),
    matches: (password, known, origin) => bulkhead(origin, () => verify(known ?? dummyHash, normalized(password))),
    isOutdated(known) {
      const { memoryCost, timeCost, parallelism } = parseOptions(known);
      return (
        memoryCost !== PARAMETERS.memoryCost ||
        timeCost !== PARAMETERS.timeCost ||
        parallelism !== PARAMETERS.parallelism
      );
    },
  };
}

/** Some keyboards send an accented letter as one character, others as two. NFC makes both equal. */
const normalized = (password: string): string => password.normalize('NFC');
