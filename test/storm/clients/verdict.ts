import type { Exchange } from './history.ts';

/** What is known from an answer: the request had its effect, it had none, or neither is known. */
export type Verdict = 'taken' | 'refused' | 'unknown';

/** The refusals that are told of an order that was made all the same. */
const MADE_ALL_THE_SAME: readonly string[] = ['insufficient-funds', 'order-failed', 'order-cancelled'];

/** As the contract has it: a 5xx, a request that still runs and a broken connection say nothing. */
export function verdictOf({ asked, answer }: Pick<Exchange, 'asked' | 'answer'>): Verdict {
  if (!answer || answer.status >= 500 || answer.kind === 'in-progress') return 'unknown';
  if (answer.status < 400) return 'taken';
  return asked.operation === 'createOrder' && MADE_ALL_THE_SAME.includes(answer.kind ?? '') ? 'taken' : 'refused';
}

/** The id of the order that an answer tells of. */
export const orderIdOf = ({ answer }: Pick<Exchange, 'answer'>): string | undefined =>
  answer?.body?.orderId ?? answer?.body?.id;

/** The key under which something was asked for. */
export const keyOf = ({ asked }: Pick<Exchange, 'asked'>): string | undefined => asked.headers['idempotency-key'];

/** The version in quotes of an ETag. */
export const versionOf = (etag: string | undefined): number | undefined =>
  etag === undefined ? undefined : Number.parseInt(etag.replaceAll('"', ''), 10);
