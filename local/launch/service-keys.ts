import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The roles that call others on behalf of no buyer. Each signs its own tokens with a key pair. */
const ROLES = ['worker', 'notifications'] as const;

/** Variables with the roles' private and public keys, generated once, readable by the owner only. */
export async function serviceKeys(folder: string): Promise<Record<string, string>> {
  const file = join(folder, 'service-keys.json');
  if (existsSync(file)) return JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
  const keys = makeKeys();
  await writeFile(`${file}.new`, JSON.stringify(keys), { mode: 0o600 });
  await rename(`${file}.new`, file);
  return keys;
}

function makeKeys(): Record<string, string> {
  const pairs = ROLES.map((role) => ({ role, ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) }));
  const privateKeys = pairs.map(({ role, privateKey }) => [
    `${role.toUpperCase()}_SERVICE_KEY`,
    privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  ]);
  const keys = pairs.map(({ role, publicKey }) => ({
    ...publicKey.export({ format: 'jwk' }),
    kid: role,
    alg: 'ES256',
    use: 'sig',
  }));
  return { ...Object.fromEntries(privateKeys), SERVICE_JWKS: JSON.stringify({ keys }) };
}
