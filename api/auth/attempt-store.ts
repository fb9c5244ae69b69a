import { shareCalls } from '../../lib/shared-answer.ts';
import type { PrismaClient } from '../../prisma/generated/auth/client.ts';

/** `expire`: end of the window, in milliseconds since 1970. */
interface Attempts {
  points: number;
  expire: number;
}

const MEASURED_FOR_MS = 10_000;
/** A larger parameter is a time in milliseconds, after 2001. All other parameters are smaller. */
const TIME_MS_MIN = 1e12;

/**
 * Runs statements of rate-limiter-flexible, which takes all times from this machine's clock. A replica whose clock is
 * ahead by the length of a window would end every window that another replica has begun. So the times are converted:
 * the table holds times by the database's clock.
 */
export function createAttempts(db: PrismaClient) {
  const databaseAheadMs = shareCalls(async () => {
    const [now] = await db.$queryRaw<
      { ms: number }[]
    >`select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`;
    return Math.round(now!.ms - Date.now());
  }, MEASURED_FOR_MS);

  return async ({
    text,
    values,
  }: {
    text: string;
    values: unknown[];
  }): Promise<{ rows: Attempts[]; rowCount: number }> => {
    const aheadMs = await databaseAheadMs();
    const converted = values.map((value) =>
      typeof value === 'number' && value >= TIME_MS_MIN ? value + aheadMs : value,
    );
    const rows = await db.$queryRawUnsafe<{ points: number; expire: bigint }[]>(text, ...converted);
    return {
      rows: rows.map(({ points, expire }) => ({ points, expire: Number(expire) - aheadMs })),
      rowCount: rows.length,
    };
  };
}
