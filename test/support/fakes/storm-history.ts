import { randomUUID } from 'node:crypto';
import { chargeKey } from '../../../specs/identity.ts';
import type { Rows, OrderRow } from '../../storm/checks/rows.ts';
import type { ApiResponse, ApiRequest, Exchange } from '../../storm/clients/history.ts';

export const OWNER = randomUUID();
export const STRANGER = randomUUID();

let seq = 0;

/** Creates an exchange that starts after all exchanges created before it have ended. */
export function exchange(request: ApiRequest, response?: Partial<ApiResponse>, more: Partial<Exchange> = {}): Exchange {
  const n = seq++;
  const fullAnswer = response && { status: 200, headers: {}, body: undefined, ...response };
  return {
    seq: n,
    userId: OWNER,
    request,
    startedMs: n * 10,
    endedMs: n * 10 + 5,
    ...(fullAnswer ? { response: fullAnswer } : { connectionError: 'socket hang up' }),
    ...more,
  };
}

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

/** A paid order whose buyer was notified. */
export function consistentRows(placed: OrderRow = order()): Rows {
  const { id, owner, price } = placed;
  const key = chargeKey(id);
  return {
    orders: [placed],
    accounts: [{ owner, amount: 0 }],
    movements: [{ id: 7, owner, scope: 'order', key, kind: 'withdrawal', amount: -price, isCancelled: false }],
    outcomes: [{ owner, scope: 'order', key, outcome: 'CHARGED' }],
    notifications: [
      {
        id: randomUUID(),
        order: id,
        owner,
        event: 'OrderCreated',
        status: 'SENT',
        seq: 1,
        atMs: 1_000,
        sentAtMs: 2_000,
      },
    ],
  };
}

/** The answer to the request that placed this order. */
export const placedAs = (
  { id, price, version, status }: OrderRow,
  more: Partial<ApiResponse> = {},
): Partial<ApiResponse> => ({
  status: 201,
  headers: { etag: `"${version}"` },
  body: { id, price, version, status },
  ...more,
});

export const refusal = (status: number, kind: string, body: object = {}): Partial<ApiResponse> => ({
  status,
  kind,
  body: { type: `/problems/${kind}`, ...body },
});
