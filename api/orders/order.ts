import { createHash } from 'node:crypto';
import type { FinalStatus, OrderReason, OrderStatus, RequestedCause } from '../../specs/temporal.ts';

/** Price in whole minor units. `reason` says why an order failed or was cancelled. */
export interface Order {
  id: string;
  userId: string;
  price: number;
  version: number;
  status: OrderStatus;
  reason: OrderReason | null;
  /** An order whose first final status is SUCCESS may have been cancelled since. */
  firstStatus: FinalStatus | null;
  /** Set once the cancellation is requested. */
  cancelCause: RequestedCause | null;
  /** ISO 8601, as in responses. */
  createdAt: string;
  correlationId: string;
  /** From the request that placed the order. */
  traceparent: string | null;
}

export interface OrderRequest {
  id: string;
  ownerId: string;
  price: number;
  /** The list version that the client has read. Undefined accepts any version and requires a key. */
  ifMatch: number | undefined;
  key: string | undefined;
  /** Distinguishes different requests under one key. */
  fingerprint: string;
  correlationId: string;
  traceparent?: string | undefined;
}

/** What the workflows know of an order whose row is lost. */
export interface LostOrder extends Omit<Order, 'version'> {
  fingerprint: string;
}

export type Placed =
  | { kind: 'placed'; order: Order }
  | { kind: 'found'; order: Order; fingerprint: string }
  | { kind: 'stale'; latestVersion: number }
  /** Concurrent orders of this buyer won every attempt. */
  | { kind: 'contended' };

/** Excludes `If-Match`: a client may repeat the request with a newer version. */
export const fingerprintOf = (price: number): string =>
  createHash('sha256').update(JSON.stringify({ price })).digest('hex');
