import { randomUUID } from 'node:crypto';
import { chargeKey } from '../../specs/identity.ts';
import type { Books, OrderRow } from '../storm/checks/books.ts';
import type { Answered, Asked, Exchange } from '../storm/clients/history.ts';

export const OWNER = randomUUID();
export const STRANGER = randomUUID();

let seq = 0;

/** One request and its answer, later than all that were made before. */
export function exchange(asked: Asked, answer?: Partial<Answered>, more: Partial<Exchange> = {}): Exchange {
  const n = seq++;
  const told = answer && { status: 200, headers: {}, body: undefined, ...answer };
  return {
    seq: n,
    as: OWNER,
    asked,
    beganMs: n * 10,
    endedMs: n * 10 + 5,
    ...(told ? { answer: told } : { broken: 'socket hang up' }),
    ...more,
  };
}

/** An order as its row has it. */
export const order = (more: Partial<OrderRow> = {}): OrderRow => ({
  id: randomUUID(),
  owner: OWNER,
  price: 30,
  version: 1,
  status: 'SUCCESS',
  reason: null,
  firstStatus: 'SUCCESS',
  cancelCause: null,
  ...more,
});

/** The books of one paid order about which its buyer was told: nothing is wrong with them. */
export function soundBooks(placed: OrderRow = order()): Books {
  const { id, owner, price } = placed;
  const key = chargeKey(id);
  return {
    orders: [placed],
    accounts: [{ owner, amount: 0 }],
    movements: [{ id: 7, owner, scope: 'order', key, kind: 'withdrawal', amount: -price, isCancelled: false }],
    outcomes: [{ owner, scope: 'order', key, outcome: 'CHARGED' }],
    notifications: [{ id: randomUUID(), order: id, owner, event: 'OrderCreated', status: 'SENT', seq: 1, atMs: 1_000 }],
  };
}

/** The answer that an order was made. */
export const placedAs = (
  { id, price, version, status }: OrderRow,
  more: Partial<Answered> = {},
): Partial<Answered> => ({
  status: 201,
  headers: { etag: `"${version}"` },
  body: { id, price, version, status },
  ...more,
});

export const refusal = (status: number, kind: string, body: object = {}): Partial<Answered> => ({
  status,
  kind,
  body: { type: `/problems/${kind}`, ...body },
});
