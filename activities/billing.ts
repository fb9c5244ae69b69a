import { cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { Counter } from 'prom-client';
import { originHeaders } from '../lib/correlation.ts';
import type { HttpClient, Reply } from '../lib/http-client.ts';
import { chargeKey } from '../specs/identity.ts';
import type { Orders } from './orders.ts';

export type CancelCause = 'buyer' | 'operator' | 'deadline';

/** What billing said for certain about the charge of an order. */
export type ChargeOutcome =
  { outcome: 'CHARGED' } | { outcome: 'DECLINED' } | { outcome: 'CANCELLED' | 'REFUNDED'; cause: CancelCause };

export interface ChargeRequest {
  orderId: string;
  ownerId: string;
  /** In whole minor units. */
  price: number;
  /** These tie billing's log lines to the request that placed the order. */
  correlationId: string;
  traceparent?: string;
}

/** Refusals that come of a fault of ours, such as keys of services that do not fit, and that do not end before somebody mends it. */
const misfits = new Counter({
  name: 'billing_misfits_total',
  help: 'Refusals of billing that only people can put right, by kind',
  labelNames: ['kind'],
});

/** What an order asks of billing. Both are PUTs under a key made from the order id alone, so repeating one changes nothing. */
export function createBillingActivities({ billing, orders }: { billing: HttpClient; orders: Pick<Orders, 'find'> }) {
  return {
    /** Answers only what billing said for certain. Anything else throws, and is asked again under the same key. */
    async chargeOrder({ orderId, ownerId, price, ...origin }: ChargeRequest): Promise<ChargeOutcome> {
      const reply = await billing({
        method: 'PUT',
        path: '/payments/withdrawals',
        headers: { 'idempotency-key': chargeKey(orderId), ...originHeaders(origin) },
        body: { userId: ownerId, amount: price },
        signal: cancellationSignal(),
      });
      if (isMoved(reply, price)) return { outcome: 'CHARGED' };
      const kind = problemOf(reply);
      if (kind === 'insufficient-funds') return { outcome: 'DECLINED' };
      if (kind === 'charge-cancelled') return { outcome: 'CANCELLED', cause: causeOf(reply) };
      // Billing knows this key for another amount. Asking again cannot change that: the workflow makes billing take it back.
      if (kind === 'key-reused') {
        misfits.inc({ kind });
        throw ApplicationFailure.nonRetryable('billing knows the key of this order for another request', 'KeyReused');
      }
      throw unknown(reply);
    },

    /**
     * Right whether the charge happened, did not, or is still on its way: afterwards billing refuses a late one. An order that has succeeded
     * keeps its charge unless its row says that somebody wants it back, and gives it back for that alone: a second run of its workflow,
     * which billing does not answer in time, is nobody.
     */
    async cancelCharge({
      orderId,
      ownerId,
      cause,
      ...origin
    }: Omit<ChargeRequest, 'price'> & { cause: CancelCause }): Promise<ChargeOutcome> {
      const row = await orders.find(orderId);
      const wish = row?.status === 'SUCCESS' ? row.cancelCause : cause;
      if (wish === null) return { outcome: 'CHARGED' };
      const reply = await billing({
        method: 'PUT',
        path: `/payments/withdrawals/${chargeKey(orderId)}/cancellation`,
        headers: originHeaders(origin),
        body: { userId: ownerId, cause: wish },
        signal: cancellationSignal(),
      });
      const { outcome } = (reply.body ?? {}) as { outcome?: string };
      if (reply.status === 200 && outcome === 'DECLINED') return { outcome };
      if (reply.status === 200 && (outcome === 'CANCELLED' || outcome === 'REFUNDED'))
        return { outcome, cause: causeOf(reply) };
      throw unknown(reply);
    },
  };
}

/** Whether billing says that it moved this very amount. Whatever else comes with a 200, such as the page of a proxy that stands in between, tells nothing. */
function isMoved({ status, body }: Reply, price: number): boolean {
  const { transactionId, amount } = (body ?? {}) as { transactionId?: unknown; amount?: unknown };
  return (status === 200 || status === 201) && Number.isInteger(transactionId) && amount === price;
}

const problemOf = ({ body }: Reply): string | undefined =>
  (body as { type?: string } | undefined)?.type?.replace('/problems/', '');

function causeOf(reply: Reply): CancelCause {
  const { cause } = reply.body as { cause?: CancelCause };
  if (!cause) throw unknown(reply);
  return cause;
}

/** No answer that counts: also a refusal of our token or of our request, which a rotation or a release may put right. */
function unknown(reply: Reply): Error {
  if (reply.status === 401 || reply.status === 403) misfits.inc({ kind: problemOf(reply) ?? String(reply.status) });
  return ApplicationFailure.retryable(
    `billing answered ${reply.status} ${problemOf(reply) ?? ''}`.trim(),
    'BillingUnknown',
  );
}
