import { orderEvents } from '../../specs/generated/order-events.ts';
import { chargeKey } from '../../specs/identity.ts';
import type { FinalStatus } from '../../specs/temporal.ts';
import type { Announcing, AuditData, AuditedMovement, AuditedNotification, AuditedOrder, Drift } from './findings.ts';

type Finding = Omit<Drift, 'ownerId'>;

/** Lookups, since a buyer may have tens of thousands of orders. */
interface Index {
  charges: Map<string, AuditedMovement[]>;
  outcomes: Map<string, string>;
  notifications: Map<string, AuditedNotification[]>;
  announcing: Announcing;
}

/** Finds all drift in a buyer's data. For orders in progress, checks only what must hold at any time. */
export function driftsOf(data: AuditData, announcing: Announcing = new Map()): Drift[] {
  const index: Index = {
    charges: Map.groupBy(data.movements, ({ key }) => key),
    outcomes: new Map(data.outcomes.map(({ key, outcome }) => [key, outcome])),
    notifications: Map.groupBy(data.notifications, ({ orderId }) => orderId),
    announcing,
  };
  const found = [
    ...accountDrifts(data),
    ...versionDrifts(data),
    ...data.orders.flatMap((order) => orderDrifts(order, index)),
    ...strayDrifts(data),
  ];
  return found.map((drift) => ({ ...drift, ownerId: data.ownerId }));
}

function accountDrifts({ account: { balance, ledgerSum } }: AuditData): Finding[] {
  const drifts: Finding[] = [];
  if (balance !== ledgerSum)
    drifts.push({ invariant: 'I1', what: `the balance is ${balance}, but the ledger sums to ${ledgerSum}` });
  if (balance < 0n) drifts.push({ invariant: 'I2', what: `the balance is negative: ${balance}` });
  return drifts;
}

function versionDrifts({ orders }: AuditData): Finding[] {
  const versions = orders.map(({ version }) => version).toSorted((a, b) => a - b);
  const gap = versions.findIndex((version, n) => version !== n + 1);
  return gap === -1
    ? []
    : [
        {
          invariant: 'I10',
          what: `the list versions must be 1 to ${versions.length}: expected ${gap + 1}, found ${versions[gap]}`,
        },
      ];
}

function orderDrifts(order: AuditedOrder, index: Index): Finding[] {
  const key = chargeKey(order.id);
  const charges = index.charges.get(key) ?? [];
  const drifts =
    order.status === 'IN_PROGRESS'
      ? []
      : [...moneyDrifts(order, charges, index.outcomes.get(key)), ...notificationDrifts(order, index)];
  if (charges.length > 1)
    drifts.push({
      invariant: 'I4',
      what: `${charges.length} charges under its key, refunded ones included; expected at most one`,
    });
  return drifts.map((drift) => ({ ...drift, orderId: order.id }));
}

/** SUCCESS needs one live charge of the price. FAILED and CANCELLED need an outcome in `UNPAID` and no live charge. */
function moneyDrifts(
  { status, price }: AuditedOrder,
  charges: readonly AuditedMovement[],
  outcome = 'no outcome',
): Finding[] {
  const live = charges.filter(({ isCancelled }) => !isCancelled);
  const charged = live.map(({ amount }) => `a live charge of ${-amount}`).join(', ') || 'no live charge';
  const found = `${outcome} and ${charged}`;
  if (status === 'SUCCESS') {
    const paid = live.length === 1 && live[0]!.amount === -price && outcome === 'CHARGED';
    return paid
      ? []
      : [{ invariant: 'I5', what: `SUCCESS: expected CHARGED and a live charge of ${price}, found ${found}` }];
  }
  const unpaid = live.length === 0 && UNPAID.includes(outcome);
  return unpaid
    ? []
    : [{ invariant: 'I6', what: `${status}: expected ${UNPAID.join(' or ')} and no live charge, found ${found}` }];
}

const UNPAID: readonly string[] = ['DECLINED', 'CANCELLED', 'REFUNDED'];

/** The event that announces a final status. The cast is needed because the audit data has statuses as plain text. */
const eventOf = (status: string): string => orderEvents[status as FinalStatus].name;

/**
 * False for a notification that is wrongly superseded, which means that it is never mailed. Only a notification of the
 * order's cancellation may supersede another one.
 */
const isTold = ({ eventName, status }: AuditedNotification, _n: number, all: readonly AuditedNotification[]): boolean =>
  status !== 'SUPERSEDED' || (eventName !== CANCELLATION && all.some((other) => other.eventName === CANCELLATION));

const CANCELLATION = orderEvents.CANCELLED.name;

/**
 * The buyer needs one notification of the first final status, and one of a later cancellation. A notification may be
 * missing while its status is still being announced.
 */
function notificationDrifts({ id, status, firstStatus }: AuditedOrder, index: Index): Finding[] {
  const sent = (index.notifications.get(id) ?? [])
    .filter(isTold)
    .map(({ eventName }) => eventName)
    .toSorted();
  const mayFollow = (index.announcing.get(id) ?? []).map(eventOf);
  const all = [...new Set([eventOf(firstStatus ?? status), eventOf(status)])].toSorted();
  const due = all.filter((event) => sent.includes(event) || !mayFollow.includes(event));
  const namesOf = (events: readonly string[]) => events.join(', ') || 'nothing';
  return due.join() === sent.join()
    ? []
    : [{ invariant: 'I15', what: `the buyer was notified of ${namesOf(sent)}; expected ${namesOf(due)}` }];
}

/** Charges and notifications without an order, and premature notifications. */
function strayDrifts({ orders, movements, outcomes, notifications }: AuditData): Finding[] {
  const keys = new Set(orders.map(({ id }) => chargeKey(id)));
  const ids = new Set(orders.map(({ id }) => id));
  const open = new Set(orders.filter(({ status }) => status === 'IN_PROGRESS').map(({ id }) => id));
  const strayKeys = new Set([...movements, ...outcomes].map(({ key }) => key).filter((key) => !keys.has(key)));
  const charges = [...strayKeys].map((key): Finding => ({
    invariant: 'I7',
    key,
    what: `billing has a charge or an outcome under the key ${key}, but this buyer has no order with that key`,
  }));
  const unknown = notifications.filter(({ orderId }) => !ids.has(orderId));
  const early = notifications.filter(({ orderId }) => open.has(orderId));
  return [
    ...charges,
    ...unknown.map(({ orderId }): Finding => ({
      invariant: 'I15',
      orderId,
      what: 'the buyer was notified about this order, but has no such order',
    })),
    ...early.map(({ orderId, eventName }): Finding => ({
      invariant: 'I15',
      orderId,
      what: `the buyer was notified of ${eventName}, but the order is still IN_PROGRESS`,
    })),
  ];
}
