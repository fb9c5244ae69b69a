import { cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { Counter } from 'prom-client';
import type { HttpClient, Reply } from '../lib/http/client.ts';
import { correlationHeaders } from '../lib/http/correlation.ts';
import { chargeKey } from '../specs/identity.ts';
import type { Orders } from './orders.ts';

export type CancelCause = 'buyer' | 'operator' | 'deadline';

/** A definite answer from billing. */
export type ChargeOutcome =
  { outcome: 'CHARGED' } | { outcome: 'DECLINED' } | { outcome: 'CANCELLED' | 'REFUNDED'; cause: CancelCause };

export interface ChargeRequest {
  orderId: string;
  ownerId: string;
  /** In whole minor units. */
  price: number;
  correlationId: string;
  traceparent?: string;
}

/** Refusals caused by a fault on our side, such as mismatched service keys. */
const unfixableRefusals = new Counter({
  name: 'billing_misfits_total',
  help: 'Refusals by billing that only an operator can fix, by kind',
  labelNames: ['kind'],
});

/** Both send a PUT under a key derived from the order id alone, so they can be repeated. */
export function createBillingActivities({ billing, orders }: { billing: HttpClient; orders: Pick<Orders, 'find'> }) {
  return {
    /** Returns only a definite answer. Throws on any other, to be retried under the same key. */
    async chargeOrder({ orderId, ownerId, price, ...origin }: ChargeRequest): Promise<ChargeOutcome> {
      const reply = await billing({
        method: 'PUT',
        path: '/payments/withdrawals',
        headers: { 'idempotency-key': chargeKey(orderId), ...correlationHeaders(origin) },
        body: { userId: ownerId, amount: price },
        signal: cancellationSignal(),
      });
      if (isMoved(reply, price)) return { outcome: 'CHARGED' };
      const kind = problemOf(reply);
      if (kind === 'insufficient-funds') return { outcome: 'DECLINED' };
      if (kind === 'charge-cancelled') return { outcome: 'CANCELLED', cause: causeOf(reply) };
      // Billing has this key with another amount. A retry would not help, so the workflow cancels the charge.
      if (kind === 'key-reused') {
        unfixableRefusals.inc({ kind });
        throw ApplicationFailure.nonRetryable(
          'billing already has the key of this order with another request',
          'KeyReused',
        );
      }
      throw unknownOutcome(reply);
    },

    /**
     * Refunds the charge if it happened, and makes billing reject it if it arrives later. A SUCCESS order is refunded
     * only if its row records a cancellation request: a deadline in a second run of its workflow is not one.
     */
    async cancelCharge({
      orderId,
      ownerId,
      cause,
      ...origin
    }: Omit<ChargeRequest, 'price'> & { cause: CancelCause }): Promise<ChargeOutcome> {
      const row = await orders.find(orderId);
      const effectiveCause = row?.status === 'SUCCESS' ? row.cancelCause : cause;
      if (effectiveCause === null) return { outcome: 'CHARGED' };
      const reply = await billing({
        method: 'PUT',
        path: `/payments/withdrawals/${chargeKey(orderId)}/cancellation`,
        headers: correlationHeaders(origin),
        body: { userId: ownerId, cause: effectiveCause },
        signal: cancellationSignal(),
      });
      const { outcome } = (reply.body ?? {}) as { outcome?: string };
      if (reply.status === 200 && outcome === 'DECLINED') return { outcome };
      if (reply.status === 200 && (outcome === 'CANCELLED' || outcome === 'REFUNDED'))
        return { outcome, cause: causeOf(reply) };
      throw unknownOutcome(reply);
    },
  };
}

/** True if billing confirms this amount. A 200 with another body, such as a proxy's page, proves nothing. */
function isMoved({ status, body }: Reply, price: number): boolean {
  const { transactionId, amount } = (body ?? {}) as { transactionId?: unknown; amount?: unknown };
  return (status === 200 || status === 201) && Number.isInteger(transactionId) && amount === price;
}

const problemOf = ({ body }: Reply): string | undefined =>
  (body as { type?: string } | undefined)?.type?.replace('/problems/', '');

function causeOf(reply: Reply): CancelCause {
  const { cause } = reply.body as { cause?: CancelCause };
  if (!cause) throw unknownOutcome(reply);
  return cause;
}

/** Retryable even if billing rejected our token or request: a key rotation or a release can fix that. */
function unknownOutcome(reply: Reply): Error {
  if (reply.status === 401 || reply.status === 403)
    unfixableRefusals.inc({ kind: problemOf(reply) ?? String(reply.status) });
  return ApplicationFailure.retryable(
    `billing answered ${reply.status} ${problemOf(reply) ?? ''}`.trim(),
    'BillingUnknown',
  );
}
