/**
 * The one identity chain. Once an order is named, nothing that follows from it is random, so any hop may be repeated by anyone at any time.
 * Each value here is stored somewhere for ever: another constant, or another text to be hashed, would charge and announce old orders again.
 */
import { v5 as uuidv5, v7 as uuidv7 } from 'uuid';

export const ORDERS_NS = 'd32f7dac-3f01-4652-81ea-85189db7258c';
export const CHARGES_NS = 'ec9408e8-2c06-4b85-84f8-4930f79d8f74';
export const EVENTS_NS = '34a8a2ba-dfcd-4359-aee5-2124d8e970cb';

/** The same order for the same owner and idempotency key, a new one without a key. */
export function orderId(ownerId: string, key?: string): string {
  return key === undefined ? uuidv7() : uuidv5(`${lower(ownerId)}/${lower(key)}`, ORDERS_NS);
}

/** One workflow per order: whoever starts it again joins the run. */
export function orderWorkflowId(orderId: string): string {
  return `order-${lower(orderId)}`;
}

/** One workflow cancels an order, however often that is asked for. */
export function cancelWorkflowId(orderId: string): string {
  return `cancel-${lower(orderId)}`;
}

/** One workflow per change of a profile. */
export function profileWorkflowId(userId: string, version: number): string {
  return `profile-${lower(userId)}-${version}`;
}

/**
 * The `Idempotency-Key` that billing sees, in the scope `order`. Made from the order id alone: a run id, or anything that
 * is recorded in a workflow's history, is another one after a reset, and the order would be charged again.
 */
export function chargeKey(orderId: string): string {
  return uuidv5(lower(orderId), CHARGES_NS);
}

/** A consumer drops what it has seen: each event of an order has one id, however often it is published. */
export function orderEventId(orderId: string, eventName: string): string {
  return uuidv5(`${lower(orderId)}/${eventName}`, EVENTS_NS);
}

/** The same for the change of a profile, which happens once per version. */
export function profileEventId(userId: string, version: number): string {
  return uuidv5(`${lower(userId)}/UserUpdated/${version}`, EVENTS_NS);
}

/** UUIDs are the same in upper and in lower case, hashes of them are not. */
function lower(uuid: string): string {
  return uuid.toLowerCase();
}
