/** A seeded random generator: the same seed gives the same decisions. */
export interface Prng {
  /** In [0, 1). */
  next(): number;
  /** An integer; both bounds are inclusive. */
  between(min: number, max: number): number;
  chance(share: number): boolean;
  pick<T>(of: readonly T[]): T;
  shuffled<T>(of: readonly T[]): T[];
  uuid(): string;
  word(length: number): string;
  /** An independent generator: draws from one do not affect the other. */
  fork(): Prng;
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** The mulberry32 algorithm. */
export function createPrng(seed: number): Prng {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  const pick = <T>(of: readonly T[]): T => of[between(0, of.length - 1)]!;
  return {
    next,
    between,
    pick,
    chance: (share) => next() < share,
    shuffled(of) {
      const all = [...of];
      for (let n = all.length - 1; n > 0; n--) {
        const other = between(0, n);
        [all[n], all[other]] = [all[other]!, all[n]!];
      }
      return all;
    },
    uuid() {
      const hex = Array.from({ length: 32 }, () => between(0, 15).toString(16));
      hex[12] = '4';
      hex[16] = pick(['8', '9', 'a', 'b']);
      return hex.join('').replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    },
    word: (length) => Array.from({ length }, () => LETTERS[between(0, LETTERS.length - 1)]).join(''),
    fork: () => createPrng(between(0, 2 ** 32 - 1)),
  };
}
