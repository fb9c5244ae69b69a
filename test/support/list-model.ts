import type { FinalStatus, OrderStatus } from '../../api/orders/store.ts';
import type { Model } from './model.ts';

/** What is asked of one buyer's list. Keys and prices are few, so that they meet; orders are named by the version that they took. */
export type Asked =
  | { ask: 'place'; ifMatch: number | undefined; key: number | undefined; price: number }
  | { ask: 'settle'; version: number; status: FinalStatus; reason: string | null }
  | { ask: 'note'; version: number; cause: 'buyer' | 'operator' }
  | { ask: 'cancel'; version: number; reason: string | null }
  | { ask: 'find'; version: number }
  | { ask: 'list'; limit: number; before: number | undefined };

export interface Entry {
  version: number;
  price: number;
  key: number | undefined;
  status: OrderStatus;
  reason: string | null;
  firstStatus: FinalStatus | null;
  cancelCause: 'buyer' | 'operator' | null;
}

/** The orders of the list, of which the first took version 1, and each other one the next. */
export type List = readonly Entry[];

/** What is told of an order. */
export type Told = Pick<Entry, 'version' | 'price' | 'status' | 'reason' | 'firstStatus'>;
export type Answer =
  | { kind: 'placed'; order: Told }
  | { kind: 'found'; order: Told; madeFor: number }
  | { kind: 'stale'; latestVersion: number }
  | { orders: Told[]; latestVersion: number }
  | Told
  | undefined;

/** One buyer's orders as the contract has them: versions without a gap, one key one order for ever, and a status that goes forward only. */
export const listModel: Model<List, Asked, Answer> = {
  initial: [],
  step(list, asked) {
    switch (asked.ask) {
      case 'place':
        return placed(list, asked);
      case 'settle': {
        const { status, reason } = asked;
        return moved(list, asked.version, ['IN_PROGRESS'], { status, firstStatus: status, reason });
      }
      case 'note': {
        const { cancelCause = null, ...rest } = list[asked.version - 1] ?? {};
        return moved(list, asked.version, ['IN_PROGRESS', 'SUCCESS'], {
          ...rest,
          cancelCause: cancelCause ?? asked.cause,
        });
      }
      case 'cancel': {
        const { firstStatus } = list[asked.version - 1] ?? {};
        const change = {
          status: 'CANCELLED' as const,
          firstStatus: firstStatus ?? ('CANCELLED' as const),
          reason: asked.reason,
        };
        return moved(list, asked.version, ['IN_PROGRESS', 'SUCCESS'], change);
      }
      case 'find':
        return [list, told(list[asked.version - 1])];
      case 'list':
        return [list, page(list, asked)];
    }
  },
};

function placed(list: List, { ifMatch, key, price }: Extract<Asked, { ask: 'place' }>): [List, Answer] {
  const earlier = key === undefined ? undefined : list.find((entry) => entry.key === key);
  if (earlier) return [list, { kind: 'found', order: told(earlier)!, madeFor: earlier.price }];
  if (ifMatch !== undefined && ifMatch !== list.length) return [list, { kind: 'stale', latestVersion: list.length }];
  const entry: Entry = {
    version: list.length + 1,
    price,
    key,
    status: 'IN_PROGRESS',
    reason: null,
    firstStatus: null,
    cancelCause: null,
  };
  return [[...list, entry], { kind: 'placed', order: told(entry)! }];
}

/** Changes the order if it is in one of these states. Answers it as it then stands, changed or not. */
function moved(list: List, version: number, from: readonly OrderStatus[], change: Partial<Entry>): [List, Answer] {
  const entry = list[version - 1];
  if (!entry || !from.includes(entry.status)) return [list, told(entry)];
  const next = { ...entry, ...change };
  return [list.with(version - 1, next), told(next)];
}

function page(list: List, { limit, before = Infinity }: Extract<Asked, { ask: 'list' }>): Answer {
  const orders = list.filter(({ version }) => version < before).toReversed();
  return { orders: orders.slice(0, limit).map((entry) => told(entry)!), latestVersion: list.length };
}

const told = (entry: Entry | undefined): Told | undefined =>
  entry && {
    version: entry.version,
    price: entry.price,
    status: entry.status,
    reason: entry.reason,
    firstStatus: entry.firstStatus,
  };
