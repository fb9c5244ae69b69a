import type { Databases } from '../world/databases.ts';
import { violations, type Violation } from './violation.ts';

interface Transition {
  id: string;
  from: string | null;
  to: string;
  changed: boolean;
}

/** What an order may become, and when it is made. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = { IN_PROGRESS: ['SUCCESS', 'FAILED', 'CANCELLED'], SUCCESS: ['CANCELLED'] };

/** From now on the database writes down each change of an order's status, whatever the product believes to have done. */
export async function recordTransitions({ orders }: Pick<Databases, 'orders'>): Promise<void> {
  await orders(`
    create schema storm;
    create table storm.transitions (seq bigint generated always as identity, id uuid, old_status text, new_status text, changed boolean);
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
  orders<Transition>('select id::text, old_status as "from", new_status as "to", changed from storm.transitions order by seq');

/** A status goes forward only, and nothing else of an order ever changes. */
export function brokenTransitions(transitions: readonly Transition[]): Violation[] {
  const wrong = transitions.filter(({ from, to }) => (from === null ? to !== 'IN_PROGRESS' : from !== to && !ALLOWED[from]?.includes(to)));
  return [
    ...violations('I9', wrong, ({ id, from, to }) => `the order ${id} went from ${from ?? 'nothing'} to ${to}`),
    ...violations(
      'I10',
      transitions.filter(({ changed }) => changed),
      ({ id }) => `the order ${id} has another id, owner, price or version than it had`,
    ),
  ];
}
