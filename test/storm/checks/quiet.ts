import { chargeKey } from '../../../specs/identity.ts';
import type { Books, OrderRow } from './books.ts';
import { violations, type Violation } from './violation.ts';

const UNPAID: readonly string[] = ['DECLINED', 'CANCELLED', 'REFUNDED'];
/** What an order's buyer is told once it has become this. */
export const EVENTS: Readonly<Record<string, string>> = {
  SUCCESS: 'OrderCreated',
  FAILED: 'OrderRejected',
  CANCELLED: 'OrderCancelled',
};

/** What does not hold once everything has come to rest. */
export function brokenAtRest(books: Books): Violation[] {
  return [...openOrders(books), ...wrongMoney(books), ...wronglyTold(books)];
}

const openOrders = ({ orders }: Books): Violation[] =>
  violations(
    'I8',
    orders.filter(({ status }) => status === 'IN_PROGRESS'),
    ({ id }) => `the order ${id} is in progress`,
  );

/** An order that succeeded is paid once, at its price, by its owner; any other is not paid, and billing says so for ever. */
function wrongMoney({ orders, movements, outcomes }: Books): Violation[] {
  const live = Map.groupBy(
    movements.filter(({ scope, isCancelled }) => scope === 'order' && !isCancelled),
    ({ key }) => key,
  );
  const outcomeOf = new Map(
    outcomes.filter(({ scope }) => scope === 'order').map(({ owner, key, outcome }) => [`${owner} ${key}`, outcome]),
  );
  const isRight = ({ id, owner, price, status }: OrderRow): boolean => {
    const [charges, outcome] = [live.get(chargeKey(id)) ?? [], outcomeOf.get(`${owner} ${chargeKey(id)}`) ?? ''];
    if (status === 'SUCCESS')
      return (
        outcome === 'CHARGED' && charges.length === 1 && charges[0]!.amount === -price && charges[0]!.owner === owner
      );
    return charges.length === 0 && UNPAID.includes(outcome);
  };
  const wrong = orders.filter((order) => order.status !== 'IN_PROGRESS' && !isRight(order));
  return wrong.map(({ id, price, status, owner }) => {
    const amounts = (live.get(chargeKey(id)) ?? []).map(({ amount }) => amount).join(', ') || 'none';
    const outcome = outcomeOf.get(`${owner} ${chargeKey(id)}`) ?? 'no outcome';
    return {
      invariant: status === 'SUCCESS' ? 'I5' : 'I6',
      what: `the order ${id} is ${status} at ${price}, with ${outcome} and the live charges ${amounts}`,
    };
  });
}

/** Each order has told once, to its owner, what it first became, and what it became after that. */
function wronglyTold({ orders, notifications }: Books): Violation[] {
  const told = Map.groupBy(notifications, ({ order }) => order);
  const wrong = orders.flatMap(({ id, owner, status, firstStatus }) => {
    if (status === 'IN_PROGRESS') return [];
    const due = [...new Set([EVENTS[firstStatus ?? status], EVENTS[status]])].map((event) => `${event} to ${owner}`);
    const had = (told.get(id) ?? []).map((each) => `${each.event} to ${each.owner}`);
    return due.sort().join() === had.sort().join()
      ? []
      : [`the order ${id} is ${status}: due ${due.join(', ')}, told ${had.join(', ') || 'nothing'}`];
  });
  const unsent = notifications.filter(({ status }) => status !== 'SENT');
  return [
    ...violations('I15', wrong, String),
    ...violations('I15', unsent, ({ id, status }) => `the mail of the notification ${id} is ${status}`),
  ];
}
