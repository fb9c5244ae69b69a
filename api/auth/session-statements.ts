import { Prisma, type PrismaClient } from '../../prisma/generated/auth/client.ts';
import { advance, cost, type WriteRate } from './statements.ts';

/** Limits of sessions besides their lifetime. */
export interface SessionRules {
  /** A session ends if it is not used for this long. */
  idleS: number;
  /** If a user has more sessions than this, a login ends the oldest ones. */
  perUserMax: number;
}

/** A login adds one session and deletes up to this many expired ones, so these never pile up. */
const SWEPT_PER_LOGIN_MAX = 20;
/** Uses are recorded this often within `idleS`, so a session may end by this part of `idleS` too early. */
const RECORDED_PER_IDLE = 100;

export interface NewSession {
  id: string;
  tokenHash: string;
  userId: string;
  /** Version of the password that was checked. If the password has changed since, no session is opened. */
  passwordVersion: number;
  ttlS: number;
  /** Hash of the session cookie that the login request carried, if any. That session ends, whichever user owns it. */
  replacedHash?: string | undefined;
}

const isLive = ({ idleS }: SessionRules): Prisma.Sql =>
  Prisma.sql`(expires_at > now() and last_used_at > now() - ${idleS} * interval '1 second')`;

const isUseDue = ({ idleS }: SessionRules): Prisma.Sql =>
  Prisma.sql`(last_used_at <= now() - ${idleS / RECORDED_PER_IDLE} * interval '1 second')`;

/**
 * Adds a session, ends the one that it replaces, and deletes some expired ones. Returns the number added. The share
 * lock makes a login and a concurrent change of the same password run one after the other, and the later one sees the
 * effect of the earlier one.
 */
export const openSession = (
  db: PrismaClient,
  { id, tokenHash, userId, passwordVersion, ttlS, replacedHash }: NewSession,
): Promise<number> => db.$executeRaw`
  with expired as (
    delete from sessions where id in (
      select id from sessions where expires_at <= now() limit ${SWEPT_PER_LOGIN_MAX} for update skip locked
    )
  ), holder as (
    select id from credentials where id = ${userId}::uuid and password_version = ${passwordVersion} for share
  ), replaced as (
    delete from sessions where token_hash = ${replacedHash ?? null}::text and exists (select from holder)
  )
  insert into sessions (id, token_hash, user_id, expires_at)
  select ${id}::uuid, ${tokenHash}, holder.id, now() + ${ttlS} * interval '1 second' from holder`;

/**
 * Ends the user's oldest sessions beyond the limit: first those that are no longer live, and never `kept`. Runs as a
 * separate statement after each login, so the last of several concurrent logins sees the sessions of all others.
 */
export const endSurplusSessions = (
  db: PrismaClient,
  { userId, kept }: { userId: string; kept: string },
  rules: SessionRules,
): Promise<number> => db.$executeRaw`
  delete from sessions ${locked(Prisma.sql`id in (
    select id from sessions where user_id = ${userId}::uuid and id <> ${kept}::uuid
    order by ${isLive(rules)} desc, created_at desc, id desc offset ${rules.perUserMax - 1}
  )`)}`;

/** Ends all the user's sessions except `kept`, but only if `passwordHash` is now the stored hash. */
export const endOtherSessions = (
  db: PrismaClient,
  { userId, passwordHash, kept }: { userId: string; passwordHash: string; kept: string | undefined },
) =>
  db.$executeRaw`
  delete from sessions ${locked(Prisma.sql`user_id = ${userId}::uuid
    and token_hash is distinct from ${kept ?? null}::text
    and exists (select from credentials where id = ${userId}::uuid and password_hash = ${passwordHash})`)}`;

/** Ends all the user's sessions and returns their hashes. */
export const endSessionsOf = (db: PrismaClient, userId: string): Promise<{ tokenHash: string }[]> => db.$queryRaw`
  delete from sessions ${locked(Prisma.sql`user_id = ${userId}::uuid`)} returning token_hash as "tokenHash"`;

/** Locks rows in the order of their ids, so that two statements that end several sessions cannot block each other. */
const locked = (condition: Prisma.Sql): Prisma.Sql => Prisma.sql`
  where id in (select id from sessions where ${condition} order by id for update)`;

/** A live session's user. `isUseDue` means that its use must be recorded. */
interface LiveSession {
  userId: string;
  isUseDue: boolean;
}

export const findSession = (db: PrismaClient, tokenHash: string, rules: SessionRules): Promise<LiveSession[]> =>
  db.$queryRaw`
  select user_id as "userId", ${isUseDue(rules)} as "isUseDue" from sessions
  where token_hash = ${tokenHash} and ${isLive(rules)}`;

/** Finds the session's user and counts a write. One statement, since every write needs both. */
export const countSessionWrite = (
  db: PrismaClient,
  tokenHash: string,
  rate: WriteRate,
  rules: SessionRules,
): Promise<(LiveSession & { allowed: boolean })[]> => db.$queryRaw`
  with writer as (
    select user_id, ${isUseDue(rules)} as is_use_due from sessions
    where token_hash = ${tokenHash} and ${isLive(rules)}
  ), taken as (
    ${advance(Prisma.sql`select user_id, now() + ${cost(rate)} from writer`, rate)}
  )
  select user_id as "userId", is_use_due as "isUseDue", exists (select from taken) as allowed from writer`;

/** Records that these sessions are in use. Skips locked ones: the next use of the session records it. */
export const recordUses = (db: PrismaClient, tokenHashes: readonly string[], rules: SessionRules): Promise<number> =>
  db.$executeRaw`
  update sessions set last_used_at = now() where id in (
    select id from sessions where token_hash = any(${tokenHashes}::text[]) and ${isUseDue(rules)} order by id
    for update skip locked
  )`;

export interface Session {
  id: string;
  tokenHash: string;
  createdAt: Date;
  expiresAt: Date;
}

export const listSessions = (
  db: PrismaClient,
  { userId, limit, before }: { userId: string; limit: number; before: string },
  rules: SessionRules,
): Promise<Session[]> => db.$queryRaw`
  select id::text, token_hash as "tokenHash", created_at as "createdAt", expires_at as "expiresAt" from sessions
  where user_id = ${userId}::uuid and ${isLive(rules)} and id < ${before}::uuid order by id desc limit ${limit}`;

export const endSessionOf = (
  db: PrismaClient,
  { userId, id }: { userId: string; id: string },
  rules: SessionRules,
): Promise<{ tokenHash: string }[]> => db.$queryRaw`
  delete from sessions where id = ${id}::uuid and user_id = ${userId}::uuid and ${isLive(rules)}
  returning token_hash as "tokenHash"`;
