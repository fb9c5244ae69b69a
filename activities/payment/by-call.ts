import { ApplicationFailure } from '@temporalio/common';
import { Counter } from 'prom-client';
import type { HttpClient, Reply } from '../../lib/http/client.ts';
import { correlationHeaders } from '../../lib/http/correlation.ts';
import { chargeKey } from '../../specs/identity.ts';
import { cancelCauses, type CancelCause } from '../../specs/temporal.ts';
import { KEY_REUSED, type Payment } from './port.ts';

/** Refusals caused by a fault on our side, such as mismatched service keys. */
const refusalsForOperator = new Counter({
  name: 'billing_misfits_total',
  help: 'Refusals by billing that only an operator can fix, by kind',
  labelNames: ['kind'],
});

/** Pays with a PUT to billing. */
export const createPaymentByCall = (billing: HttpClient): Payment => ({
  async charge({ orderId, ownerId, price, ...origin }, signal) {
    const reply = await billing({
      method: 'PUT',
      path: '/payments/withdrawals',
      headers: { 'idempotency-key': chargeKey(orderId), ...correlationHeaders(origin) },
      body: { userId: ownerId, amount: price },
      signal,
    });
    if (isCharged(reply, price)) return { outcome: 'CHARGED' };
    const { problem } = reply;
    if (problem === 'insufficient-funds') return { outcome: 'DECLINED' };
    if (problem === 'charge-cancelled') return { outcome: 'CANCELLED', cause: causeOf(reply) };
    // Billing has this key with another amount. A retry would not help, so the workflow cancels the charge.
    if (problem === 'key-reused') {
      refusalsForOperator.inc({ kind: problem });
      throw ApplicationFailure.nonRetryable(
        'billing already has the key of this order with another request',
        KEY_REUSED,
      );
    }
    throw unknownOutcome(reply);
  },

  async cancelCharge({ orderId, ownerId, cause, ...origin }, signal) {
    const reply = await billing({
      method: 'PUT',
      path: `/payments/withdrawals/${chargeKey(orderId)}/cancellation`,
      headers: correlationHeaders(origin),
      body: { userId: ownerId, cause },
      signal,
    });
    const { outcome } = (reply.body ?? {}) as { outcome?: string };
    if (reply.status === 200 && outcome === 'DECLINED') return { outcome };
    if (reply.status === 200 && (outcome === 'CANCELLED' || outcome === 'REFUNDED'))
      return { outcome, cause: causeOf(reply) };
    throw unknownOutcome(reply);
  },
});

/** True if billing confirms this amount. A 200 with another body, such as a proxy's page, proves nothing. */
function isCharged({ status, body }: Reply, price: number): boolean {
  const { transactionId, amount } = (body ?? {}) as { transactionId?: unknown; amount?: unknown };
  return (status === 200 || status === 201) && Number.isInteger(transactionId) && amount === price;
}

/**
 * Throws if only a newer release knows the cause. The activity is then retried, in the end by a worker that knows it.
 */
function causeOf(reply: Reply): CancelCause {
  const { cause } = reply.body as { cause?: unknown };
  const known = cancelCauses.find((each) => each === cause);
  if (!known) throw unknownOutcome(reply);
  return known;
}

/** Retryable even if billing rejected our token or request: a key rotation or a release can fix that. */
function unknownOutcome({ status, problem }: Reply): Error {
  if (status === 401 || status === 403) refusalsForOperator.inc({ kind: problem ?? String(status) });
  return ApplicationFailure.retryable(`billing answered ${status} ${problem ?? ''}`.trim(), 'BillingUnknown');
}
