import { cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { HttpClient, Reply } from '../lib/http-client.ts';
import { chargeKey } from '../specs/identity.ts';

export type CancelCause = 'buyer' | 'operator' | 'deadline';

/** What billing said for certain about the charge of an order. */
export type ChargeOutcome = { outcome: 'CHARGED' } | { outcome: 'DECLINED' } | { outcome: 'CANCELLED' | 'REFUNDED'; cause: CancelCause };

export interface ChargeRequest {
  orderId: string;
  ownerId: string;
  /** In whole minor units. */
  price: number;
  /** Ties billing's log lines to the request that placed the order. */
  correlationId: string;
}

/** What an order asks of billing. Both are PUTs under a key made from the order id alone, so repeating one changes nothing. */
export function createBillingActivities({ billing }: { billing: HttpClient }) {
  return {
    /** Answers only what billing said for certain. Anything else throws, and is asked again under the same key. */
    async chargeOrder({ orderId, ownerId, price, correlationId }: ChargeRequest): Promise<ChargeOutcome> {
      const reply = await billing({
        method: 'PUT',
        path: '/payments/withdrawals',
        headers: { 'idempotency-key': chargeKey(orderId), 'x-correlation-id': correlationId },
        body: { userId: ownerId, amount: price },
        signal: cancellationSignal(),
      });
      if (reply.status === 200 || reply.status === 201) return { outcome: 'CHARGED' };
      const kind = problemOf(reply);
      if (kind === 'insufficient-funds') return { outcome: 'DECLINED' };
      if (kind === 'charge-cancelled') return { outcome: 'CANCELLED', cause: causeOf(reply) };
      // Billing knows this key for another amount. Asking again cannot change that: the workflow makes billing take it back.
      if (kind === 'key-reused') throw ApplicationFailure.nonRetryable('billing knows the key of this order for another request', 'KeyReused');
      throw unknown(reply);
    },

    /** Right whether the charge happened, did not, or is still on its way: afterwards billing refuses a late one. */
    async cancelCharge({ orderId, ownerId, cause, correlationId }: Omit<ChargeRequest, 'price'> & { cause: CancelCause }): Promise<ChargeOutcome> {
      const reply = await billing({
        method: 'PUT',
        path: `/payments/withdrawals/${chargeKey(orderId)}/cancellation`,
        headers: { 'x-correlation-id': correlationId },
        body: { userId: ownerId, cause },
        signal: cancellationSignal(),
      });
      const { outcome } = (reply.body ?? {}) as { outcome?: string };
      if (reply.status === 200 && outcome === 'DECLINED') return { outcome };
      if (reply.status === 200 && (outcome === 'CANCELLED' || outcome === 'REFUNDED')) return { outcome, cause: causeOf(reply) };
      throw unknown(reply);
    },
  };
}

const problemOf = ({ body }: Reply): string | undefined => (body as { type?: string } | undefined)?.type?.replace('/problems/', '');

function causeOf(reply: Reply): CancelCause {
  const { cause } = reply.body as { cause?: CancelCause };
  if (!cause) throw unknown(reply);
  return cause;
}

/** No answer that counts: also a refusal of our token or of our request, which a rotation or a release may put right. */
function unknown(reply: Reply): Error {
  return ApplicationFailure.retryable(`billing answered ${reply.status} ${problemOf(reply) ?? ''}`.trim(), 'BillingUnknown');
}
