import { shareCalls } from '../../lib/shared-answer.ts';
import { Prisma, type PrismaClient } from '../../prisma/generated/auth/client.ts';

/** `expire`: end of the window, in milliseconds since 1970. */
interface Attempts {
  points: number;
  expire: number;
}

/** A window that has not ended. */
export interface OpenWindow {
  key: string;
  points: number;
  /** Time until the window ends, by the database's clock. */
  leftMs: number;
}

export type AttemptStore = ReturnType<typeof createAttempts>;

const MEASURED_FOR_MS = 10_000;
/** A larger parameter is a time in milliseconds, after 2001. All other parameters are smaller. */
const TIME_MS_MIN = 1e12;
/** A login begins at most five windows. Its checks delete up to this many ended ones each, so these never pile up. */
const SWEPT_PER_CHECK_MAX = 20;
/** `clock_timestamp()` changes during a statement, so Postgres would not use an index with it. */
const NOW_MS = Prisma.sql`(extract(epoch from statement_timestamp()) * 1000)::bigint`;

/** Counters of attempts, shared by all replicas. */
export function createAttempts(db: PrismaClient) {
  const databaseAheadMs = shareCalls(async () => {
    const [now] = await db.$queryRaw<{ ms: number }[]>`select ${NOW_MS}::float8 as ms`;
    return Math.round(now!.ms - Date.now());
  }, MEASURED_FOR_MS);

  return {
    /**
     * Runs statements of rate-limiter-flexible, which takes all times from this machine's clock. A replica whose clock
     * is ahead by the length of a window would end every window that another replica has begun. So the times are
     * converted: the table holds times by the database's clock.
     */
    async query({
      text,
      values,
    }: {
      text: string;
      values: unknown[];
    }): Promise<{ rows: Attempts[]; rowCount: number }> {
      const aheadMs = await databaseAheadMs();
      const converted = values.map((value) =>
        typeof value === 'number' && value >= TIME_MS_MIN ? value + aheadMs : value,
      );
      const rows = await db.$queryRawUnsafe<{ points: number; expire: bigint }[]>(text, ...converted);
      return {
        rows: rows.map(({ points, expire }) => ({ points, expire: Number(expire) - aheadMs })),
        rowCount: rows.length,
      };
    },

    /** Returns those of these windows that have not ended. Also deletes some ended windows, with any keys. */
    open: (keys: readonly string[]): Promise<OpenWindow[]> => db.$queryRaw<OpenWindow[]>`
      with swept as (
        delete from attempts where key in (
          select key from attempts where expire <= ${NOW_MS} limit ${SWEPT_PER_CHECK_MAX} for update skip locked
        )
      )
      select key, points, (expire - ${NOW_MS})::float8 as "leftMs" from attempts
      where key = any(${[...keys]}::text[]) and expire > ${NOW_MS}`,

    /** Subtracts one attempt, if the window has not ended. */
    async takeBack(key: string): Promise<void> {
      await db.$executeRaw`
        update attempts set points = points - 1 where key = ${key} and points > 0 and expire > ${NOW_MS}`;
    },
  };
}
