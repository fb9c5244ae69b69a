import type { Prng } from '../prng.ts';

/** The amounts that a buyer uses. Sizes differ, because a defect may show only in large or only in small amounts. */
export interface Wallet {
  firstDeposit: number;
  deposit(prng: Prng): number;
  /** Usually affordable. */
  price(prng: Prng): number;
  /**
   * More than the buyer has before the final top-up. After it, all but the largest wallets can pay this price: if a
   * declined charge then succeeds on a retry, a check notices.
   */
  unaffordable: number;
}

/** Each account gets this at the end. No balance may exceed 2^53−1, so the largest wallet leaves room for it. */
export const FINAL_TOP_UP = 10_000_000_000_000;

/** Room for the later deposits of the largest wallet, which are small. */
const LEFT_FREE = 1_000_000_000;

const walletOf = (unit: number): Wallet => ({
  firstDeposit: 3_000 * unit,
  deposit: (prng) => prng.between(1, 1_500 * unit),
  price: (prng) => prng.between(unit === 1 ? 1 : 10 * unit + 1, 100 * unit),
  unaffordable: 1_000_000 * unit,
});

const largest: Wallet = {
  firstDeposit: Number.MAX_SAFE_INTEGER - FINAL_TOP_UP - LEFT_FREE,
  deposit: (prng) => prng.between(1, 1_500),
  // Some prices have sixteen digits, which a decimal of fifteen digits cannot hold; the others are of every magnitude.
  price: (prng) =>
    prng.chance(0.3) ? prng.between(10 ** 15, 2 * 10 ** 15) : prng.between(1, 10 ** prng.between(1, 13)),
  unaffordable: Number.MAX_SAFE_INTEGER,
};

/** Prices up to a hundred, up to ten thousand, up to a hundred million, and of all magnitudes up to 2·10^15. */
const wallets: readonly Wallet[] = [walletOf(1), walletOf(100), walletOf(1_000_000), largest];

/** The wallet of the n-th buyer: every size occurs. */
export const walletOfBuyer = (n: number): Wallet => wallets[n % wallets.length]!;
