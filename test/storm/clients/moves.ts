import * as account from './account-moves.ts';
import * as intruder from './intruder-moves.ts';
import type { Move, MoveContext } from './move.ts';
import * as orders from './order-moves.ts';

const addBuyer: Move = (context) => context.addBuyer();

const weights: ReadonlyArray<readonly [Move, number]> = [
  [orders.order, 50],
  [orders.race, 4],
  [account.replay, 7],
  [account.reuseKey, 2],
  [orders.cancel, 7],
  [orders.orderAndCancel, 3],
  [orders.orderAndFollow, 3],
  [account.deposit, 8],
  [account.withdraw, 4],
  [account.read, 8],
  [intruder.requestForeign, 1],
  [intruder.impersonate, 1],
  [account.changeProfile, 2],
  [intruder.useEndedSession, 2],
  [addBuyer, 3],
  [account.retryPending, 6],
];

const TOTAL = weights.reduce((sum, [, weight]) => sum + weight, 0);
/** A buyer with this many pending requests only retries them. */
const PENDING_MAX = 3;
const CANCEL_IN_PROGRESS_SHARE = 0.15;

/** Picks the buyer's next move. */
export function pickMove({ buyer, prng, cancellations }: MoveContext): Move {
  if (cancellations > 0 && prng.chance(cancellations) && orders.latestCancellable(buyer)) return orders.cancelLatest;
  if (orders.ordersInProgress(buyer).length > 0 && prng.chance(CANCEL_IN_PROGRESS_SHARE))
    return orders.cancelInProgress;
  if (buyer.pending.length >= PENDING_MAX) return account.retryPending;
  let left = prng.between(1, TOTAL);
  for (const [move, weight] of weights) {
    left -= weight;
    if (left <= 0) return move;
  }
  return orders.order;
}
