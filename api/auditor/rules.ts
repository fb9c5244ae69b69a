import { chargeKey } from '../../specs/identity.ts';
import type { Announcing, Book, BookedMovement, BookedNotification, BookedOrder, Drift } from './book.ts';

type Found = Omit<Drift, 'ownerId'>;

/** What billing and notifications have about each order. A buyer may have tens of thousands of them. */
interface Index {
  charges: Map<string, BookedMovement[]>;
  outcomes: Map<string, string>;
  told: Map<string, BookedNotification[]>;
  announcing: Announcing;
}

/** Every way in which a buyer's book contradicts itself. Orders that are in progress are judged by what holds at any moment only. */
export function driftsOf(book: Book, announcing: Announcing = new Map()): Drift[] {
  const index: Index = {
    charges: Map.groupBy(book.movements, ({ key }) => key),
    outcomes: new Map(book.outcomes.map(({ key, outcome }) => [key, outcome])),
    told: Map.groupBy(book.notifications, ({ orderId }) => orderId),
    announcing,
  };
  const found = [
    ...accountDrifts(book),
    ...versionDrifts(book),
    ...book.orders.flatMap((order) => orderDrifts(order, index)),
    ...strayDrifts(book),
  ];
  return found.map((drift) => ({ ...drift, ownerId: book.ownerId }));
}

function accountDrifts({ account: { balance, ledgerSum } }: Book): Found[] {
  const drifts: Found[] = [];
  if (balance !== ledgerSum)
    drifts.push({ invariant: 'I1', what: `the balance is ${balance}, and the ledger adds up to ${ledgerSum}` });
  if (balance < 0n) drifts.push({ invariant: 'I2', what: `the balance is ${balance}` });
  return drifts;
}

function versionDrifts({ orders }: Book): Found[] {
  const versions = orders.map(({ version }) => version).toSorted((a, b) => a - b);
  const gap = versions.findIndex((version, n) => version !== n + 1);
  return gap === -1
    ? []
    : [
        {
          invariant: 'I10',
          what: `${versions.length} orders, and where version ${gap + 1} should be there is ${versions[gap]}`,
        },
      ];
}

function orderDrifts(order: BookedOrder, index: Index): Found[] {
  const key = chargeKey(order.id);
  const charges = index.charges.get(key) ?? [];
  const drifts =
    order.status === 'IN_PROGRESS'
      ? []
      : [...moneyDrifts(order, charges, index.outcomes.get(key)), ...toldDrifts(order, index)];
  if (charges.length > 1) drifts.push({ invariant: 'I4', what: `${charges.length} withdrawals under its key` });
  return drifts.map((drift) => ({ ...drift, orderId: order.id }));
}

/** An order that succeeded has one charge of its price that holds; a failed or cancelled one has none, for ever. */
function moneyDrifts(
  { status, price }: BookedOrder,
  charges: readonly BookedMovement[],
  outcome = 'no outcome',
): Found[] {
  const live = charges.filter(({ isCancelled }) => !isCancelled);
  const amounts = live.map(({ amount }) => amount).join(', ') || 'none';
  if (status === 'SUCCESS') {
    const paid = live.length === 1 && live[0]!.amount === -price && outcome === 'CHARGED';
    return paid
      ? []
      : [{ invariant: 'I5', what: `SUCCESS at ${price}, with ${outcome} and the live charges ${amounts}` }];
  }
  const unpaid = live.length === 0 && ['DECLINED', 'CANCELLED', 'REFUNDED'].includes(outcome);
  return unpaid ? [] : [{ invariant: 'I6', what: `${status}, with ${outcome} and the live charges ${amounts}` }];
}

const FIRST_EVENT: Readonly<Record<string, string>> = {
  SUCCESS: 'OrderCreated',
  FAILED: 'OrderRejected',
  CANCELLED: 'OrderCancelled',
};

/** The buyer was told what became of the order, and, if it was taken back after that, of that too; and nothing else. What is being announced may follow. */
function toldDrifts({ id, status, firstStatus }: BookedOrder, index: Index): Found[] {
  const told = (index.told.get(id) ?? []).map(({ eventName }) => eventName).toSorted();
  const mayFollow = (index.announcing.get(id) ?? []).map((each) => FIRST_EVENT[each]!);
  const all = [...new Set([FIRST_EVENT[firstStatus ?? status]!, FIRST_EVENT[status]!])].toSorted();
  const due = all.filter((event) => told.includes(event) || !mayFollow.includes(event));
  return due.join() === told.join()
    ? []
    : [{ invariant: 'I15', what: `told ${told.join(', ') || 'nothing'}, due ${due.join(', ')}` }];
}

/** What billing and notifications have under keys and ids that no order of this buyer has. */
function strayDrifts({ orders, movements, outcomes, notifications }: Book): Found[] {
  const keys = new Set(orders.map(({ id }) => chargeKey(id)));
  const ids = new Set(orders.map(({ id }) => id));
  const open = new Set(orders.filter(({ status }) => status === 'IN_PROGRESS').map(({ id }) => id));
  const strayKeys = new Set([...movements, ...outcomes].map(({ key }) => key).filter((key) => !keys.has(key)));
  const charges = [...strayKeys].map((key): Found => ({
    invariant: 'I7',
    key,
    what: `a charge under the key ${key}, which no order of this buyer has`,
  }));
  const told = notifications.filter(({ orderId }) => !ids.has(orderId));
  const toldEarly = notifications.filter(({ orderId }) => open.has(orderId));
  return [
    ...charges,
    ...told.map(({ orderId }): Found => ({
      invariant: 'I15',
      orderId,
      what: 'told about an order that this buyer does not have',
    })),
    ...toldEarly.map(({ orderId, eventName }): Found => ({
      invariant: 'I15',
      orderId,
      what: `told ${eventName} before it was final`,
    })),
  ];
}
