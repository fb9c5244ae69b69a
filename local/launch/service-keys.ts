import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The roles that identify themselves to others. Each signs its own tokens with a key pair. */
const ROLES = ['gateway', 'worker', 'notifications'] as const;
type Variables = Record<string, string>;

/**
 * Returns variables with the roles' private and public keys. Generates them once, in a file that only the owner can
 * read. If an earlier release wrote that file, adds the keys that it lacks.
 */
export async function serviceKeys(folder: string): Promise<Variables> {
  const file = join(folder, 'service-keys.json');
  const stored = existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as Variables) : {};
  const keys = completed(stored);
  if (JSON.stringify(keys) === JSON.stringify(stored)) return keys;
  await writeFile(`${file}.new`, JSON.stringify(keys), { mode: 0o600 });
  await rename(`${file}.new`, file);
  return keys;
}

function completed(stored: Variables): Variables {
  const privateKeys = ROLES.map((role) => {
    const name = `${role.toUpperCase()}_SERVICE_KEY`;
    return { role, name, key: stored[name] ?? newKey() };
  });
  const keys = privateKeys.map(({ role, key }) => ({
    ...createPublicKey(createPrivateKey(key)).export({ format: 'jwk' }),
    kid: role,
    alg: 'ES256',
    use: 'sig',
  }));
  return {
    ...Object.fromEntries(privateKeys.map(({ name, key }) => [name, key])),
    SERVICE_JWKS: JSON.stringify({ keys }),
  };
}

const newKey = (): string =>
  generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;
