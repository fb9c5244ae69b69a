import { chargeKey } from '../../../specs/identity.ts';
import type { Rows, OrderRow } from './rows.ts';
import { violations, type Violation } from './violation.ts';

const UNPAID: readonly string[] = ['DECLINED', 'CANCELLED', 'REFUNDED'];
export const EVENTS: Readonly<Record<string, string>> = {
  SUCCESS: 'OrderCreated',
  FAILED: 'OrderRejected',
  CANCELLED: 'OrderCancelled',
};

/** I5, I6, I8, I15 at quiescence: every order is final, money matches its status, and the buyer has been notified. */
export function checkAtQuiescence(rows: Rows): Violation[] {
  return [...openOrders(rows), ...wrongMoney(rows), ...wrongNotifications(rows)];
}

const openOrders = ({ orders }: Rows): Violation[] =>
  violations(
    'I8',
    orders.filter(({ status }) => status === 'IN_PROGRESS'),
    ({ id }) => `the order ${id} is still in progress`,
  );

/**
 * A SUCCESS order has exactly one charge that is not cancelled: its price, from its owner's account. Any other order
 * has no such charge, and billing stores an outcome that says why.
 */
function wrongMoney({ orders, movements, outcomes }: Rows): Violation[] {
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

/** The owner is notified once of the first final status, and once of the current status if that is a different one. */
function wrongNotifications({ orders, notifications }: Rows): Violation[] {
  const byOrder = Map.groupBy(notifications, ({ order }) => order);
  const wrong = orders.flatMap(({ id, owner, status, firstStatus }) => {
    if (status === 'IN_PROGRESS') return [];
    const expected = [...new Set([EVENTS[firstStatus ?? status], EVENTS[status]])].map(
      (event) => `${event} to ${owner}`,
    );
    const actual = (byOrder.get(id) ?? []).map((each) => `${each.event} to ${each.owner}`);
    return expected.sort().join() === actual.sort().join()
      ? []
      : [`the order ${id} is ${status}: expected ${expected.join(', ')}, found ${actual.join(', ') || 'nothing'}`];
  });
  const unsent = notifications.filter((each) => each.status !== 'SENT' && !isSuperseded(each, byOrder));
  const early = notifications.filter((each) => each.event === EVENTS['CANCELLED'] && overtook(each, byOrder));
  return [
    ...violations('I15', wrong, String),
    ...violations('I15', unsent, ({ id, status }) => `the mail of the notification ${id} is ${status}`),
    ...violations('I15', early, ({ order }) => `the buyer read of the cancellation of ${order} before its success`),
  ];
}

type ByOrder = ReadonlyMap<string, Rows['notifications']>;

/** A mail may stay unsent if the order was cancelled first: then only the cancellation is sent. */
const isSuperseded = ({ order, event, status }: Rows['notifications'][number], byOrder: ByOrder): boolean =>
  status === 'SUPERSEDED' &&
  event !== EVENTS['CANCELLED'] &&
  byOrder.get(order)!.some((other) => other.event === EVENTS['CANCELLED']);

/** True if this cancellation comes before the order's first final status, in the list or in the mails. */
const overtook = ({ order, seq, sentAtMs }: Rows['notifications'][number], byOrder: ByOrder): boolean =>
  byOrder
    .get(order)!
    .some(
      (other) =>
        other.event !== EVENTS['CANCELLED'] &&
        (other.seq > seq || (other.sentAtMs !== null && sentAtMs !== null && other.sentAtMs > sentAtMs)),
    );
