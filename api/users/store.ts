import type { Database } from '../../lib/database.ts';
import { Prisma, PrismaClient } from '../../prisma/generated/users/client.ts';

export interface PersonalData {
  username: string;
  firstName: string;
  lastName: string;
  email: string;
  phone: string;
}

/** Versions count from 1 for each user. */
export interface ProfileChange {
  userId: string;
  version: number;
}

/** The request that caused a change, if any. */
export interface Origin {
  correlationId?: string | null | undefined;
  traceparent?: string | null | undefined;
}

export interface Profile extends ProfileChange, PersonalData {}

/** All that remains of a deleted profile. */
export interface DeletedProfile {
  deletedVersion: number;
}

export type UserStore = ReturnType<typeof createUserStore>;

/**
 * Stores profiles, and the changes whose workflow may not have been started yet. One statement writes a version and its
 * change, so a crash leaves no version unpublished. Concurrent writes of a profile run one after the other.
 */
export function createUserStore({ adapter }: Pick<Database, 'adapter'>) {
  // Errors must not contain arguments, which are personal.
  const db = new PrismaClient({ adapter, errorFormat: 'minimal' });

  /** Returns the profile, or its deletion; undefined for a user who never had one. */
  const findOrDeleted = async (userId: string): Promise<Profile | DeletedProfile | undefined> => {
    const [found] = await db.$queryRaw<Profile[]>`select ${COLUMNS} from profiles where user_id = ${userId}::uuid`;
    return found?.username === null ? { deletedVersion: found.version } : found;
  };

  return {
    /**
     * Creates a profile. If the user deleted an earlier one, its versions continue. Undefined if the user already has a
     * profile.
     */
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
          version = profiles.version + 1, username = excluded.username,
          first_name = excluded.first_name, last_name = excluded.last_name, email = excluded.email,
          phone = excluded.phone, created_at = excluded.created_at, updated_at = excluded.updated_at, deleted_at = null
        where profiles.deleted_at is not null`,
      );
    },

    /** If `username` is omitted, it stays unchanged. Undefined if there is no profile. */
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
          version = version + 1, username = coalesce(${username ?? null}, username), first_name = ${firstName},
          last_name = ${lastName}, email = ${email}, phone = ${phone}, updated_at = current_timestamp
        where user_id = ${userId}::uuid and deleted_at is null`,
      );
    },

    /** Erases all personal data but keeps the version. Undefined if there is no profile. */
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

    async find(userId: string): Promise<Profile | undefined> {
      const found = await findOrDeleted(userId);
      return found && 'deletedVersion' in found ? undefined : found;
    },

    findOrDeleted,

    /**
     * Returns changes whose workflow may not have been started, oldest first, after the first `skip` ones. A time in the
     * future counts as old.
     */
    unstartedChanges: (
      olderThanMs: number,
      limit: number,
      skip = 0,
    ): Promise<Array<ProfileChange & Origin>> => db.$queryRaw<Array<ProfileChange & Origin>>`
      select user_id::text as "userId", version, correlation_id as "correlationId", traceparent from profile_changes
      where created_at not between
        current_timestamp - ${olderThanMs}::double precision * interval '1 millisecond' and current_timestamp
      order by created_at, user_id, version limit ${limit} offset ${skip}`,

    async markStarted({ userId, version }: ProfileChange): Promise<void> {
      await db.$executeRaw`delete from profile_changes where user_id = ${userId}::uuid and version = ${version}`;
    },

    close: () => db.$disconnect(),
  };
}

const COLUMNS = Prisma.sql`
  user_id::text as "userId", version, username, first_name as "firstName", last_name as "lastName", email, phone`;

/** Runs a write and records the change in the same statement. Undefined if it wrote nothing. */
async function written(
  db: PrismaClient,
  { correlationId, traceparent }: Origin,
  write: Prisma.Sql,
): Promise<Profile | undefined> {
  const [profile] = await db.$queryRaw<Profile[]>`
    with written as (${write} returning ${COLUMNS}), noted as (
      insert into profile_changes (user_id, version, correlation_id, traceparent)
      select "userId"::uuid, version, ${correlationId ?? null}, ${traceparent ?? null} from written
    )
    select * from written`;
  return profile;
}
