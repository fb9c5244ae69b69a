import type { Exchange } from './history.ts';

/** Whether a request had its effect: Jepsen's ok, fail and info. */
export type Verdict = 'applied' | 'rejected' | 'unknown';

/** Refusals that nevertheless created an order. */
const CREATED_ANYWAY: readonly string[] = ['insufficient-funds', 'order-failed', 'order-cancelled'];

/** By contract, a 5xx, an `in-progress` and a broken connection leave the outcome unknown. */
export function verdictOf({ request, response }: Pick<Exchange, 'request' | 'response'>): Verdict {
  if (!response || response.status >= 500 || response.kind === 'in-progress') return 'unknown';
  if (response.status < 400) return 'applied';
  return request.operation === 'createOrder' && CREATED_ANYWAY.includes(response.kind ?? '') ? 'applied' : 'rejected';
}

/** The order id in a response. */
export const orderIdOf = ({ response }: Pick<Exchange, 'response'>): string | undefined =>
  response?.body?.orderId ?? response?.body?.id;

export const keyOf = ({ request }: Pick<Exchange, 'request'>): string | undefined => request.headers['idempotency-key'];

/** The list version in an ETag. */
export const versionOf = (etag: string | undefined): number | undefined =>
  etag === undefined ? undefined : Number.parseInt(etag.replaceAll('"', ''), 10);
