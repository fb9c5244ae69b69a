import type { Databases } from '../world/databases.ts';
import type { Books } from './books.ts';
import { EVENTS } from './quiet.ts';
import { violations, type Violation } from './violation.ts';

interface Transition {
  id: string;
  from: string | null;
  to: string;
  changed: boolean;
  /** By the database's clock, in milliseconds. */
  atMs: number;
}

/** What an order may become, and when it is made. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  IN_PROGRESS: ['SUCCESS', 'FAILED', 'CANCELLED'],
  SUCCESS: ['CANCELLED'],
};

/** From now on the database writes down each change of an order's status, whatever the product believes to have done. */
export async function recordTransitions({ orders }: Pick<Databases, 'orders'>): Promise<void> {
  await orders(`
    create schema storm;
    create table storm.transitions (seq bigint generated always as identity, id uuid, old_status text, new_status text, changed boolean,
      at timestamptz not null default clock_timestamp());
    create function storm.record() returns trigger language plpgsql security definer as $$
    begin
      if tg_op = 'INSERT' then
        insert into storm.transitions (id, old_status, new_status, changed) values (new.id, null, new.status, false);
      else
        insert into storm.transitions (id, old_status, new_status, changed) values (old.id, old.status, new.status,
          (old.id, old.owner_id, old.price, old.version) is distinct from (new.id, new.owner_id, new.price, new.version));
      end if;
      return null;
    end $$;
    create trigger storm_record after insert or update on public.orders for each row execute function storm.record()`);
}

/** Each change of an order that was written down, in the order in which they happened. */
export const readTransitions = ({ orders }: Pick<Databases, 'orders'>): Promise<Transition[]> =>
  orders<Transition>(
    'select id::text, old_status as "from", new_status as "to", changed, extract(epoch from at)::float8 * 1000 as "atMs" from storm.transitions order by seq',
  );

/** A status goes forward only, and nothing else of an order ever changes. */
export function brokenTransitions(transitions: readonly Transition[]): Violation[] {
  const wrong = transitions.filter(({ from, to }) =>
    from === null ? to !== 'IN_PROGRESS' : from !== to && !ALLOWED[from]?.includes(to),
  );
  return [
    ...violations('I9', wrong, ({ id, from, to }) => `the order ${id} went from ${from ?? 'nothing'} to ${to}`),
    ...violations(
      'I10',
      transitions.filter(({ changed }) => changed),
      ({ id }) => `the order ${id} has another id, owner, price or version than it had`,
    ),
  ];
}

/** A row's time has no more than milliseconds. */
const ROUNDED_BY_MS = 1;

/** Nobody is told what an order has not become yet. All databases are of one server, and go by one clock. */
export function toldTooEarly(
  transitions: readonly Transition[],
  { notifications }: Pick<Books, 'notifications'>,
): Violation[] {
  const becameMs = new Map(
    transitions.filter(({ from, to }) => from !== to).map(({ id, to, atMs }) => [`${id} ${EVENTS[to]}`, atMs]),
  );
  const early = notifications.filter(
    ({ order, event, atMs }) => atMs + ROUNDED_BY_MS < (becameMs.get(`${order} ${event}`) ?? Infinity),
  );
  return violations('I15', early, ({ order, event }) => `${event} of the order ${order} was told before it was so`);
}
