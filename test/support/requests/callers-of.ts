import jwt from 'jsonwebtoken';
import { createServiceTokens } from '../../../lib/http/service-tokens.ts';
import { signUserToken } from '../../../lib/http/tokens.ts';
import type { Shop } from '../shop/shop.ts';
import { env } from '../temporal/server.ts';

/** The kinds of callers: none, the owner, another user, an expired and a tampered token, and a role. */
export const callers = ['none', 'owner', 'other', 'expired', 'tampered', 'service'] as const;
export type Caller = (typeof callers)[number];

/** Returns each caller's token for a resource of `ownerId` in the service `role`. */
export async function credentialsOf(
  { databases }: Pick<Shop, 'databases'>,
  ownerId: string,
  otherId: string,
  role: string,
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
    // The other user's token with the owner's payload.
    tampered: [head, owner.split('.')[1], signature].join('.'),
    service: createServiceTokens('worker', env('WORKER_SERVICE_KEY'), role)(),
  };
}

export const impersonating = (id: string): Record<string, string> =>
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
