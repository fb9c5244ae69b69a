import type { Databases } from '../world/databases.ts';

export interface OrderRow {
  id: string;
  owner: string;
  price: number;
  version: number;
  status: 'IN_PROGRESS' | 'SUCCESS' | 'FAILED' | 'CANCELLED';
  reason: string | null;
  firstStatus: string | null;
  /** Null if no cancellation was requested. */
  cancelCause: string | null;
}

export interface MovementRow {
  id: number;
  owner: string;
  scope: 'client' | 'order';
  key: string;
  kind: 'replenishment' | 'withdrawal';
  amount: number;
  isCancelled: boolean;
}

interface AccountRow {
  owner: string;
  amount: number;
}

interface OutcomeRow {
  owner: string;
  scope: 'client' | 'order';
  key: string;
  outcome: string;
}

interface NotificationRow {
  id: string;
  order: string;
  owner: string;
  event: string;
  status: string;
  seq: number;
  atMs: number;
  /** Null if the mail was not sent. */
  sentAtMs: number | null;
}

export interface Rows {
  orders: OrderRow[];
  accounts: AccountRow[];
  movements: MovementRow[];
  outcomes: OutcomeRow[];
  notifications: NotificationRow[];
}

/**
 * Reads notifications, then money, then orders: the reverse of the sequence in which they are written. Whatever a row
 * refers to was written before the row, so a later read finds it, even while orders are in flight.
 */
export async function readRows({ orders, billing, notifications }: Databases): Promise<Rows> {
  const notificationRows = await notifications<NotificationRow>(
    `select id::text, order_id::text as "order", user_id::text as owner, event_name as event, status,
      seq::float8 as seq, extract(epoch from created_at)::float8 * 1000 as "atMs",
      extract(epoch from sent_at)::float8 * 1000 as "sentAtMs" from notifications`,
  );
  const money = await billing<{ accounts: AccountRow[]; movements: MovementRow[]; outcomes: OutcomeRow[] }>(`select
    (select coalesce(json_agg(json_build_object('owner', owner_id, 'amount', amount)), '[]')
      from billing_accounts) as accounts,
    (select coalesce(json_agg(json_build_object('id', id, 'owner', owner_id, 'scope', scope, 'key', idempotency_key,
      'kind', kind, 'amount', amount, 'isCancelled', is_cancelled)), '[]') from transactions) as movements,
    (select coalesce(json_agg(json_build_object('owner', owner_id, 'scope', scope, 'key', idempotency_key,
      'outcome', outcome)), '[]') from outcomes) as outcomes`);
  const orderRows = await orders<OrderRow>(
    `select id::text, owner_id::text as owner, price::float8 as price, version, status, reason,
      first_status as "firstStatus", cancel_cause as "cancelCause" from orders order by owner_id, version`,
  );
  return { ...money[0]!, orders: orderRows, notifications: notificationRows };
}
