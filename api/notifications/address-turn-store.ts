import type { PrismaClient } from '../../prisma/generated/notifications/client.ts';

/**
 * An attempt may use its turn this late. Turns lie this much further apart than the limit requires, so late mails do
 * not exceed the limit.
 */
export const TURN_FOR_MS = 300_000;
const HOUR_MS = 3_600_000;
const WINDOW_MS = HOUR_MS + TURN_FOR_MS;

/** When a mail may be sent to the address. */
export interface Turn {
  addressKey: string;
  /** Milliseconds since 1970, by the database's clock. */
  atMs: number;
  /** 0 if the mail may be sent now. */
  inMs: number;
}

/**
 * The limit of mails to one address in an hour, shared by all replicas. A mail beyond the limit gets the next free
 * time, so it needs only one more attempt, however many mails wait.
 */
export const createAddressTurns = (db: PrismaClient) => ({
  /** Takes the next free turn of the address, which may be now or later. Only the newest `limit` turns matter. */
  async takeTurn(addressKey: string, limit: number): Promise<Turn> {
    const [turn] = await db.$queryRaw<[{ atMs: number; inMs: number }]>`
      insert into address_turns as known (address_key, turns)
      values (${addressKey}, array[(extract(epoch from current_timestamp) * 1000)::bigint])
      on conflict (address_key) do update set turns = (known.turns || case
        when cardinality(known.turns) < ${limit}::int then excluded.turns[1]
        else greatest(excluded.turns[1], known.turns[cardinality(known.turns) - ${limit}::int + 1] + ${WINDOW_MS}::bigint)
      end)[greatest(1, cardinality(known.turns) + 2 - ${limit}::int):]
      returning turns[cardinality(turns)]::double precision as "atMs",
        greatest(0, turns[cardinality(turns)] - (extract(epoch from current_timestamp) * 1000)::bigint)::double precision
          as "inMs"`;
    return { addressKey, ...turn };
  },

  /** Gives back a turn that was not used. */
  async giveTurnBack({ addressKey, atMs }: Pick<Turn, 'addressKey' | 'atMs'>): Promise<void> {
    await db.$executeRaw`
      update address_turns set turns = turns[:array_position(turns, ${atMs}::bigint) - 1]
        || turns[array_position(turns, ${atMs}::bigint) + 1:]
      where address_key = ${addressKey} and array_position(turns, ${atMs}::bigint) is not null`;
  },

  /** Deletes addresses whose turns are all too old to count for the limit. */
  async sweepTurns(): Promise<void> {
    await db.$executeRaw`
      delete from address_turns
      where coalesce(turns[cardinality(turns)], 0) < extract(epoch from current_timestamp) * 1000 - ${WINDOW_MS}`;
  },
});
