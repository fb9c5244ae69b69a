import type { Database } from '../../lib/database.ts';
import { Prisma, PrismaClient } from '../../prisma/generated/users/client.ts';

/** What a buyer says about themselves. */
export interface PersonalData {
  username: string;
  firstName: string;
  lastName: string;
  email: string;
  phone: string;
}

/** One change of a profile, counted from 1 for each user. */
export interface ProfileChange {
  userId: string;
  version: number;
}

/** What ties a change to the request that made it, which may be none. */
export interface Origin {
  correlationId?: string | null | undefined;
  traceparent?: string | null | undefined;
}

export interface Profile extends ProfileChange, PersonalData {}

/** What is left of a profile that was deleted: the version of that. */
export interface Gone {
  goneAt: number;
}

export type UserStore = ReturnType<typeof createUserStore>;

/**
 * The profiles, and the changes whose workflow is not known to have been started. Each write is one statement that makes a version
 * and its change together, so that no crash leaves a version that nobody is told about. Of two at once the second waits for the
 * first and builds on it.
 */
export function createUserStore({ adapter }: Pick<Database, 'adapter'>) {
  // Without the arguments of a call in its errors: they are personal.
  const db = new PrismaClient({ adapter, errorFormat: 'minimal' });

  /** The profile, or what is left of it; undefined for a user who never had one. */
  const findOrGone = async (userId: string): Promise<Profile | Gone | undefined> => {
    const [found] = await db.$queryRaw<Profile[]>`select ${COLUMNS} from profiles where user_id = ${userId}::uuid`;
    return found?.username === null ? { goneAt: found.version } : found;
  };

  return {
    /** Makes a profile, also in place of a deleted one, whose versions it continues. Undefined when there is one. */
    async create(
      userId: string,
      { username, firstName, lastName, email, phone }: PersonalData,
      origin: Origin = {},
    ): Promise<Profile | undefined> {
      return written(
        db,
        origin,
        Prisma.sql`
        insert into profiles (user_id, version, username, first_name, last_name, email, phone)
        values (${userId}::uuid, 1, ${username}, ${firstName}, ${lastName}, ${email}, ${phone})
        on conflict (user_id) do update set
          version = profiles.version + 1, username = excluded.username, first_name = excluded.first_name, last_name = excluded.last_name,
          email = excluded.email, phone = excluded.phone, created_at = excluded.created_at, updated_at = excluded.updated_at, deleted_at = null
        where profiles.deleted_at is not null`,
      );
    },

    /** Changes a profile. A username that is left out stays. Undefined when there is none. */
    async update(
      userId: string,
      { username, firstName, lastName, email, phone }: Omit<PersonalData, 'username'> & { username?: string },
      origin: Origin = {},
    ): Promise<Profile | undefined> {
      return written(
        db,
        origin,
        Prisma.sql`
        update profiles set
          version = version + 1, username = coalesce(${username ?? null}, username), first_name = ${firstName}, last_name = ${lastName},
          email = ${email}, phone = ${phone}, updated_at = current_timestamp
        where user_id = ${userId}::uuid and deleted_at is null`,
      );
    },

    /** Leaves nothing personal, and the version for what may come. Undefined when there is no profile. */
    async delete(userId: string, origin: Origin = {}): Promise<ProfileChange | undefined> {
      return written(
        db,
        origin,
        Prisma.sql`
        update profiles set
          version = version + 1, username = null, first_name = null, last_name = null, email = null, phone = null,
          updated_at = current_timestamp, deleted_at = current_timestamp
        where user_id = ${userId}::uuid and deleted_at is null`,
      );
    },

    /** The profile, or undefined for a user who has none or has deleted it. */
    async find(userId: string): Promise<Profile | undefined> {
      const found = await findOrGone(userId);
      return found && 'goneAt' in found ? undefined : found;
    },

    findOrGone,

    /** The oldest changes whose workflow is not known to have been started, from at least `olderThanMs` ago. */
    unstartedChanges: (olderThanMs: number, limit: number): Promise<Array<ProfileChange & Origin>> => db.$queryRaw<
      Array<ProfileChange & Origin>
    >`
      select user_id::text as "userId", version, correlation_id as "correlationId", traceparent from profile_changes
      where created_at <= current_timestamp - ${olderThanMs}::double precision * interval '1 millisecond'
      order by created_at limit ${limit}`,

    /** Remembers that the workflow of a change has been started. */
    async markStarted({ userId, version }: ProfileChange): Promise<void> {
      await db.$executeRaw`delete from profile_changes where user_id = ${userId}::uuid and version = ${version}`;
    },

    close: () => db.$disconnect(),
  };
}

const COLUMNS = Prisma.sql`user_id::text as "userId", version, username, first_name as "firstName", last_name as "lastName", email, phone`;

/** Runs a write, and notes the version that it made as a change in the same statement. Undefined when it wrote nothing. */
async function written(
  db: PrismaClient,
  { correlationId, traceparent }: Origin,
  write: Prisma.Sql,
): Promise<Profile | undefined> {
  const [profile] = await db.$queryRaw<Profile[]>`
    with written as (${write} returning ${COLUMNS}), noted as (
      insert into profile_changes (user_id, version, correlation_id, traceparent) select "userId"::uuid, version, ${correlationId ?? null}, ${traceparent ?? null} from written
    )
    select * from written`;
  return profile;
}
