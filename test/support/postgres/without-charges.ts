import type { Shop } from '../shop/shop.ts';

/** While `act` runs, charges of this buyer fail with an unknown outcome. */
export async function withoutCharges<T>(
  { databases: { billing } }: Pick<Shop, 'databases'>,
  buyer: { id: string },
  act: () => Promise<T>,
): Promise<T> {
  await billing.query(
    `create function broken() returns trigger language plpgsql as $$ begin raise exception 'broken'; end $$`,
  );
  await billing.query(
    `create trigger broken before insert on transactions for each row when (new.owner_id = '${buyer.id}') execute function broken()`,
  );
  try {
    return await act();
  } finally {
    await billing.query('drop function broken cascade');
  }
}
