import jwt from 'jsonwebtoken';
import { createServiceTokens, signUserToken } from '../../lib/tokens.ts';
import type { Shop } from './shop.ts';
import { env } from './temporal.ts';

/** Whoever may come to an operation on somebody's thing: nobody, its owner, another user, three who prove nothing new, and a role. */
export const callers = ['none', 'owner', 'other', 'expired', 'tampered', 'service'] as const;
export type Caller = (typeof callers)[number];

/** What the callers prove who they are with, for a thing of `ownerId`. */
export async function credentialsOf(
  { databases }: Pick<Shop, 'databases'>,
  ownerId: string,
  otherId: string,
): Promise<Record<Caller, string | undefined>> {
  const [key] = await databases.auth.query<{ kid: string; private_key: string }>(
    'select kid, private_key from signing_keys',
  );
  const { kid, private_key: privateKey } = key!;
  const [owner, other] = [ownerId, otherId].map((id) => signUserToken(privateKey, kid, id)) as [string, string];
  const [head, , signature] = other.split('.');
  const claims = {
    algorithm: 'ES256',
    keyid: kid,
    issuer: 'order-saga/auth',
    audience: 'order-saga',
    subject: ownerId,
    jwtid: 'x',
  } as const;
  return {
    none: undefined,
    owner,
    other,
    expired: jwt.sign({}, privateKey, { ...claims, expiresIn: -60 }),
    // Of the other user, who has written the owner's name into it.
    tampered: [head, owner.split('.')[1], signature].join('.'),
    service: createServiceTokens('worker', env('WORKER_SERVICE_KEY'))(),
  };
}

/** Headers by which a client may try to be taken for somebody. */
export const posingAs = (id: string): Record<string, string> =>
  Object.fromEntries(
    [
      'x-user-id',
      'x-userid',
      'x-user',
      'x-caller-id',
      'x-owner-id',
      'x-subject',
      'x-authenticated-user',
      'x-authenticated-userid',
      'x-auth-request-user',
      'x-forwarded-user',
      'x-forwarded-preferred-username',
      'x-remote-user',
      'remote-user',
      'x-original-user',
      'x-consumer-custom-id',
      'x-service',
      'x-role',
      'x-forwarded-authorization',
      'x-original-authorization',
    ].map((name) => [name, id]),
  );
