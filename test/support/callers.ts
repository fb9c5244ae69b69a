import type { TokenVerifier } from '../../lib/tokens.ts';

/** Takes tokens at their word. That only signed ones are taken is tested where they are verified. */
export const trustingVerifier: TokenVerifier = async (token) => {
  const [, kind, name] = /^(user|service)\.([\w-]+)$/.exec(token) ?? [];
  if (!kind || !name) return undefined;
  return kind === 'user' ? { kind, id: name } : { kind: 'service', name };
};

/** The headers of a request by a buyer. */
export const asUser = (id: string) => ({ authorization: `Bearer user.${id}` });

/** The headers of a request by another role. */
export const asService = (name: string) => ({ authorization: `Bearer service.${name}` });
