import type { PrismaClient } from '../../prisma/generated/auth/client.ts';

/** An address is deleted after this long without a login from it. */
const KNOWN_FOR_DAYS = 90;
/** Beyond this number, the least recently used addresses of a user are deleted. */
const KNOWN_PER_USER_MAX = 20;
/** A login adds at most one address, and deletes up to this many expired addresses of all users. */
const SWEPT_PER_LOGIN_MAX = 20;

export interface LoginCredential {
  id: string;
  username: string;
  passwordHash: string;
  passwordVersion: number;
  /** Whether the user has lately logged in from the address of this login. */
  isKnownAddress: boolean;
}

/** Finds a credential, and whether its user has logged in from this address lately. */
export const findCredential = (
  db: PrismaClient,
  loginName: string,
  addressHash: string,
): Promise<LoginCredential[]> => db.$queryRaw`
  select id::text, username, password_hash as "passwordHash", password_version as "passwordVersion", exists (
    select from known_addresses where user_id = credentials.id and address_hash = ${addressHash}
      and used_at > now() - ${KNOWN_FOR_DAYS} * interval '1 day'
  ) as "isKnownAddress"
  from credentials where login_name = ${loginName}`;

/**
 * Remembers an address. Writes at most once a day per address. Skips rows that another session has locked, because a
 * login must neither wait nor fail for this.
 */
export const rememberAddress = (db: PrismaClient, userId: string, addressHash: string) => db.$executeRaw`
  with forgotten as (
    delete from known_addresses where (user_id, address_hash) in (
      select user_id, address_hash from known_addresses
      where used_at <= now() - ${KNOWN_FOR_DAYS} * interval '1 day'
        and not (user_id = ${userId}::uuid and address_hash = ${addressHash})
      limit ${SWEPT_PER_LOGIN_MAX} for update skip locked
    )
  ), surplus as (
    delete from known_addresses where user_id = ${userId}::uuid and address_hash in (
      select address_hash from known_addresses where user_id = ${userId}::uuid and address_hash <> ${addressHash}
      order by used_at desc offset ${KNOWN_PER_USER_MAX - 1} for update skip locked
    )
  ), used_again as (
    update known_addresses set used_at = now() where (user_id, address_hash) in (
      select user_id, address_hash from known_addresses
      where user_id = ${userId}::uuid and address_hash = ${addressHash} and used_at < now() - interval '1 day'
      for update skip locked
    )
  )
  insert into known_addresses (user_id, address_hash) values (${userId}::uuid, ${addressHash}) on conflict do nothing`;
