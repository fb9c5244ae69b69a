import { eventually } from '../../support/eventually.ts';
import type { Exchange } from './history.ts';
import { verdictOf } from './verdict.ts';

export const ANSWER_WITHIN_MS = 20_000;

/**
 * Retries a request until its outcome is known. Even without faults a busy machine can reject a request with a 503.
 * Throws if the outcome stays unknown, since such a request proves nothing.
 */
export const untilAnswered = (send: () => Promise<Exchange>): Promise<Exchange> =>
  eventually(async () => {
    const exchange = await send();
    if (verdictOf(exchange) === 'unknown')
      throw new Error(`request ${exchange.seq} has an unknown outcome although all faults are over`);
    return exchange;
  }, ANSWER_WITHIN_MS);
