import { createPrivateKey, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import type { JSONWebKeySet } from 'jose';
import { publicJwk, signUserToken } from '../../lib/tokens.ts';
import type { AuthStore, SigningKey, StoredSigningKey } from './store.ts';

/** Times by which keys come and go, in seconds. Only tests have reason for others than these. */
const TIMES = {
  /** How soon a replica sees a key that was added or dropped. */
  freshS: 30,
  /** A replica that nobody has asked for so long reads before it answers. */
  staleS: 60,
  /** A new key is published this long before it signs: longer than any replica and any reader of the key set may hold an older one. */
  publishedBeforeUseS: 120,
  /** A key is published until its successor is this old: by then the last of its tokens has expired. */
  supersededS: 900,
};

type KeyStore = Pick<AuthStore, 'signingKeys' | 'addSigningKey' | 'dropSupersededKeys'>;

interface KeyRing {
  signer: { kid: string; privateKey: KeyObject };
  published: JSONWebKeySet;
}

export interface SigningKeys {
  /** A token by which the services know the user for five minutes. */
  sign(userId: string): Promise<string>;
  /** The public halves of all keys whose tokens hold, or soon will. */
  published(): Promise<JSONWebKeySet>;
}

/**
 * The keys that sign users' tokens. They live in the database, which all replicas share. One is made when there is none, and its
 * successor when it has become as old as `rotationS`; for some minutes then there are two.
 */
export function createSigningKeys(
  store: KeyStore,
  { rotationS, ...others }: { rotationS: number } & Partial<typeof TIMES>,
): SigningKeys {
  const times = { ...TIMES, ...others };
  let ring: KeyRing | undefined;
  let triedAtMs = -Infinity;
  let reading: Promise<KeyRing> | undefined;

  async function read(): Promise<KeyRing> {
    try {
      ring = toRing(await turnedKeys(store, rotationS, times), times);
      return ring;
    } finally {
      triedAtMs = Date.now();
    }
  }

  async function current(): Promise<KeyRing> {
    // Read before the clock was set back: who knows when.
    const ageMs = triedAtMs > Date.now() ? Infinity : Date.now() - triedAtMs;
    if (ring && ageMs < times.freshS * 1000) return ring;
    reading ??= read().finally(() => (reading = undefined));
    // While the database is away the keys that were read before are as good as ever.
    const known = ring && reading.catch(() => ring!);
    if (!known) return reading;
    return ageMs < times.staleS * 1000 ? ring! : known;
  }

  return {
    async sign(userId) {
      const { kid, privateKey } = (await current()).signer;
      return signUserToken(privateKey, kid, userId);
    },
    published: async () => (await current()).published,
  };
}

/** The keys, newest first, after those have been added and dropped whose time it is. */
async function turnedKeys(
  store: KeyStore,
  rotationS: number,
  { supersededS }: typeof TIMES,
): Promise<StoredSigningKey[]> {
  const keys = await store.signingKeys();
  const isOld = !keys[0] || keys[0].ageMs >= rotationS * 1000;
  if (isOld) await store.addSigningKey(newKey(), rotationS);
  if (keys.length > 1) await store.dropSupersededKeys(supersededS);
  // Another replica may have been first: whatever is there now is everybody's.
  return isOld || keys.length > 1 ? store.signingKeys() : keys;
}

function newKey(): SigningKey {
  const kid = randomUUID();
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return { kid, privateKey, publicJwk: publicJwk(privateKey, kid) };
}

/** The newest key signs once everybody can have read it; until then, and for want of another, the one before it. */
function toRing(keys: readonly StoredSigningKey[], { publishedBeforeUseS }: typeof TIMES): KeyRing {
  const seen = keys.find(({ ageMs }) => ageMs >= publishedBeforeUseS * 1000) ?? keys.at(-1);
  if (!seen) throw new Error('There is no signing key, and none could be made');
  return {
    signer: { kid: seen.kid, privateKey: createPrivateKey(seen.privateKey) },
    published: { keys: keys.map((key) => key.publicJwk) as JSONWebKeySet['keys'] },
  };
}
