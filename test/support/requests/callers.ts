import type { TokenVerifier } from '../../../lib/http/tokens.ts';

/** Accepts unsigned tokens. Other tests check that the real verifier accepts only signed ones. */
export const trustingVerifier: TokenVerifier = async (token) => {
  const [, kind, name] = /^(user|service)\.([\w-]+)$/.exec(token) ?? [];
  if (!kind || !name) return undefined;
  return kind === 'user' ? { kind, id: name } : { kind: 'service', name };
};

export const asUser = (id: string) => ({ authorization: `Bearer user.${id}` });

export const asService = (name: string) => ({ authorization: `Bearer service.${name}` });
