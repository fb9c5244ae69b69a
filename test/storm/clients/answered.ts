import { eventually } from '../../support/eventually.ts';
import type { Exchange } from './history.ts';
import { verdictOf } from './verdict.ts';

/** How long the proof asks for an answer once nothing is broken. */
export const ANSWERED_WITHIN_MS = 20_000;

/** Asks until what was asked for has an outcome: nothing is broken, but a machine that is busy may turn somebody away for a moment. What has none in the end has shown nothing. */
export const answered = (ask: () => Promise<Exchange>): Promise<Exchange> =>
  eventually(async () => {
    const exchange = await ask();
    if (verdictOf(exchange) === 'unknown')
      throw new Error(`request ${exchange.seq} was not answered, although nothing is broken`);
    return exchange;
  }, ANSWERED_WITHIN_MS);
