import type { Databases } from '../world/databases.ts';
import { EVENTS } from './at-quiescence.i5-i6-i8-i15.ts';
import type { Rows } from './rows.ts';
import { violations, type Violation } from './violation.ts';

interface Transition {
  id: string;
  from: string | null;
  to: string;
  changed: boolean;
  atMs: number;
}

const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  IN_PROGRESS: ['SUCCESS', 'FAILED', 'CANCELLED'],
  SUCCESS: ['CANCELLED'],
};

/** Adds a trigger that records every change of an order, independently of what the product reports. */
export async function recordTransitions({ orders }: Pick<Databases, 'orders'>): Promise<void> {
  await orders(`
    create schema storm;
    create table storm.transitions (seq bigint generated always as identity, id uuid, old_status text, new_status text,
      changed boolean, at timestamptz not null default clock_timestamp());
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

/** Returns the recorded changes, oldest first. */
export const readTransitions = ({ orders }: Pick<Databases, 'orders'>): Promise<Transition[]> =>
  orders<Transition>(
    `select id::text, old_status as "from", new_status as "to", changed, extract(epoch from at)::float8 * 1000 as "atMs"
     from storm.transitions order by seq`,
  );

/** I9, I10: a status only moves forward, and the other columns that identify an order never change. */
export function checkTransitions(transitions: readonly Transition[]): Violation[] {
  const wrong = transitions.filter(({ from, to }) =>
    from === null ? to !== 'IN_PROGRESS' : from !== to && !ALLOWED[from]?.includes(to),
  );
  return [
    ...violations('I9', wrong, ({ id, from, to }) => `the order ${id} went from ${from ?? 'nothing'} to ${to}`),
    ...violations(
      'I10',
      transitions.filter(({ changed }) => changed),
      ({ id }) => `the id, owner, price or version of the order ${id} changed`,
    ),
  ];
}

const ROUNDING_MS = 1;

/** I15: no notification is older than the status it reports. The databases share one server, hence one clock. */
export function checkNotificationTimes(
  transitions: readonly Transition[],
  { notifications }: Pick<Rows, 'notifications'>,
): Violation[] {
  const becameMs = new Map(
    transitions.filter(({ from, to }) => from !== to).map(({ id, to, atMs }) => [`${id} ${EVENTS[to]}`, atMs]),
  );
  const early = notifications.filter(
    ({ order, event, atMs }) => atMs + ROUNDING_MS < (becameMs.get(`${order} ${event}`) ?? Infinity),
  );
  return violations(
    'I15',
    early,
    ({ order, event }) => `${event} of the order ${order} was recorded before the order had that status`,
  );
}
