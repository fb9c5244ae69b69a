/**
 * The ids of charges and events derive from their order or profile, so a repeated step uses the same id and has no
 * second effect. The ids are stored for ever: changing a constant or a hash input would charge and announce old orders
 * again.
 */
import { v5 as uuidv5, v7 as uuidv7 } from 'uuid';

const ORDERS_NS = 'd32f7dac-3f01-4652-81ea-85189db7258c';
const CHARGES_NS = 'ec9408e8-2c06-4b85-84f8-4930f79d8f74';
const EVENTS_NS = '34a8a2ba-dfcd-4359-aee5-2124d8e970cb';

/** The same owner and key give the same id. Without a key, the id is random. */
export function orderId(ownerId: string, key?: string): string {
  return key === undefined ? uuidv7() : uuidv5(`${lower(ownerId)}/${lower(key)}`, ORDERS_NS);
}

/**
 * The `Idempotency-Key` for billing, in the scope `order`. Derives from the order id alone: a run id or a value from a
 * history can change when a workflow is reset, and then the order would be charged again.
 */
export function chargeKey(orderId: string): string {
  return uuidv5(lower(orderId), CHARGES_NS);
}

/** The same however often the event is published, so that consumers can drop repeats. */
export function orderEventId(orderId: string, eventName: string): string {
  return uuidv5(`${lower(orderId)}/${eventName}`, EVENTS_NS);
}

/** One event per profile version. */
export function profileEventId(userId: string, version: number): string {
  return uuidv5(`${lower(userId)}/UserUpdated/${version}`, EVENTS_NS);
}

/** UUIDs ignore case; their hashes do not. */
function lower(uuid: string): string {
  return uuid.toLowerCase();
}
