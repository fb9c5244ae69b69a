import type { FinalStatus, OrderStatus, OrderReason } from '../../../specs/temporal.ts';
import type { Model } from './model.ts';

/** A call to the order store. Keys and prices are few, so that they collide. A version identifies an order. */
export type Command =
  | { action: 'place'; ifMatch: number | undefined; key: number | undefined; price: number }
  | { action: 'settle'; version: number; status: FinalStatus; reason: OrderReason | null }
  | { action: 'note'; version: number; cause: 'buyer' | 'operator' }
  | { action: 'cancel'; version: number; reason: OrderReason | null }
  | { action: 'find'; version: number }
  | { action: 'list'; limit: number; before: number | undefined };

export interface Entry {
  version: number;
  price: number;
  key: number | undefined;
  status: OrderStatus;
  reason: OrderReason | null;
  firstStatus: FinalStatus | null;
  cancelCause: 'buyer' | 'operator' | null;
}

/** The orders of the list, by version, starting with version 1. */
export type List = readonly Entry[];

/** The fields of an order that are compared after each command. */
export type OrderView = Pick<Entry, 'version' | 'price' | 'status' | 'reason' | 'firstStatus'>;
export type Answer =
  | { kind: 'placed'; order: OrderView }
  | { kind: 'found'; order: OrderView; madeFor: number }
  | { kind: 'stale'; latestVersion: number }
  | { orders: OrderView[]; latestVersion: number }
  | OrderView
  | undefined;

/** A buyer's orders as the contract describes them: no gaps in versions, one order per key, statuses only advance. */
export const listModel: Model<List, Command, Answer> = {
  initial: [],
  step(list, command) {
    switch (command.action) {
      case 'place':
        return placed(list, command);
      case 'settle': {
        const { status, reason } = command;
        return moved(list, command.version, ['IN_PROGRESS'], { status, firstStatus: status, reason });
      }
      case 'note': {
        const { cancelCause = null, ...rest } = list[command.version - 1] ?? {};
        return moved(list, command.version, ['IN_PROGRESS', 'SUCCESS'], {
          ...rest,
          cancelCause: cancelCause ?? command.cause,
        });
      }
      case 'cancel': {
        const { firstStatus } = list[command.version - 1] ?? {};
        const change = {
          status: 'CANCELLED' as const,
          firstStatus: firstStatus ?? ('CANCELLED' as const),
          reason: command.reason,
        };
        return moved(list, command.version, ['IN_PROGRESS', 'SUCCESS'], change);
      }
      case 'find':
        return [list, viewOf(list[command.version - 1])];
      case 'list':
        return [list, page(list, command)];
    }
  },
};

function placed(list: List, { ifMatch, key, price }: Extract<Command, { action: 'place' }>): [List, Answer] {
  const earlier = key === undefined ? undefined : list.find((entry) => entry.key === key);
  if (earlier) return [list, { kind: 'found', order: viewOf(earlier)!, madeFor: earlier.price }];
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
  return [[...list, entry], { kind: 'placed', order: viewOf(entry)! }];
}

/** Changes the order if it has one of these statuses. Returns its current state. */
function moved(list: List, version: number, from: readonly OrderStatus[], change: Partial<Entry>): [List, Answer] {
  const entry = list[version - 1];
  if (!entry || !from.includes(entry.status)) return [list, viewOf(entry)];
  const next = { ...entry, ...change };
  return [list.with(version - 1, next), viewOf(next)];
}

function page(list: List, { limit, before = Infinity }: Extract<Command, { action: 'list' }>): Answer {
  const orders = list.filter(({ version }) => version < before).toReversed();
  return { orders: orders.slice(0, limit).map((entry) => viewOf(entry)!), latestVersion: list.length };
}

const viewOf = (entry: Entry | undefined): OrderView | undefined =>
  entry && {
    version: entry.version,
    price: entry.price,
    status: entry.status,
    reason: entry.reason,
    firstStatus: entry.firstStatus,
  };
