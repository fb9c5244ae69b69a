import { randomBytes } from 'node:crypto';
import { hash, parseOptions, verify } from '@node-rs/argon2';
import { createTurns } from './turns.ts';

/** Argon2id, which is the library's default, with the parameters that OWASP recommends first for it. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** Each takes 19 MiB and one of Node's four worker threads, which others need too. */
const RUNNING_MAX = 2;
/** As many as are answered within about a second. */
const WAITING_MAX = 40;

export interface Passwords {
  hash(password: string): Promise<string>;
  /** Whether the password is the one behind the hash. Without a hash the answer is no, and takes as long. */
  matches(password: string, hash: string | undefined): Promise<boolean>;
  /** True when the hash was made with other parameters than are used now. */
  isOutdated(hash: string): boolean;
}

/** Hashes passwords, a few at a time. Each of its functions may reject with `unavailable`. */
export async function createPasswords({ runningMax = RUNNING_MAX, waitingMax = WAITING_MAX } = {}): Promise<Passwords> {
  const inTurn = createTurns({ runningMax, waitingMax });
  const nobodys = await hash(randomBytes(32), PARAMETERS);

  return {
    hash: (password) => inTurn(() => hash(typed(password), PARAMETERS)),
    matches: (password, known) => inTurn(() => verify(known ?? nobodys, typed(password))),
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

/** Keyboards differ in how they compose an accented letter; the password is the same. */
const typed = (password: string): string => password.normalize('NFC');
