import { createPrivateKey, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import type { JSONWebKeySet } from 'jose';
import { publicJwk } from '../../lib/http/signed-tokens.ts';
import { signUserToken } from '../../lib/http/tokens.ts';
import type { AuthStore, SigningKey, StoredSigningKey } from './store.ts';

/** Key lifecycle in seconds. Only tests override it. */
const TIMES = {
  /** Cached keys older than this are reread in the background. */
  freshS: 30,
  /** Cached keys older than this are reread before use. */
  staleS: 60,
  /** A new key waits this long before it signs: longer than replicas and clients cache the keys. */
  publishedBeforeUseS: 120,
  /** A key is dropped when its successor is this old: by then, the last token that the key signed has expired. */
  supersededS: 900,
};

type KeyStore = Pick<AuthStore, 'signingKeys' | 'addSigningKey' | 'dropSupersededKeys'>;

interface KeyRing {
  signer: { kid: string; privateKey: KeyObject };
  published: JSONWebKeySet;
}

export interface SigningKeys {
  /** Returns a user token that is valid for five minutes. */
  sign(userId: string): Promise<string>;
  /** The public keys of all unexpired tokens, and those of the keys that will sign next. */
  published(): Promise<JSONWebKeySet>;
}

/** The keys that sign user tokens, shared through the database. A key is added when the newest is `rotationS` old. */
export function createSigningKeys(
  store: KeyStore,
  { rotationS, ...others }: { rotationS: number } & Partial<typeof TIMES>,
): SigningKeys {
  const times = { ...TIMES, ...others };
  let ring: KeyRing | undefined;
  let lastReadMs = -Infinity;
  let reading: Promise<KeyRing> | undefined;

  async function read(): Promise<KeyRing> {
    try {
      ring = toRing(await rotatedKeys(store, rotationS, times), times);
      return ring;
    } finally {
      lastReadMs = Date.now();
    }
  }

  async function current(): Promise<KeyRing> {
    // If the clock was set back, the age is unknown.
    const ageMs = lastReadMs > Date.now() ? Infinity : Date.now() - lastReadMs;
    if (ring && ageMs < times.freshS * 1000) return ring;
    reading ??= read().finally(() => (reading = undefined));
    // While the database is down, the cached keys still work.
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

/** Adds and drops keys where due. Returns all keys, newest first. */
async function rotatedKeys(
  store: KeyStore,
  rotationS: number,
  { supersededS }: typeof TIMES,
): Promise<StoredSigningKey[]> {
  const keys = await store.signingKeys();
  const isOld = !keys[0] || keys[0].ageMs >= rotationS * 1000;
  if (isOld) await store.addSigningKey(newKey(), rotationS);
  if (keys.length > 1) await store.dropSupersededKeys(supersededS);
  // Reread, since another replica may have added its key first.
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

/** Signs with the newest key that has been published for long enough or, if there is none, with the oldest key. */
function toRing(keys: readonly StoredSigningKey[], { publishedBeforeUseS }: typeof TIMES): KeyRing {
  const signer = keys.find(({ ageMs }) => ageMs >= publishedBeforeUseS * 1000) ?? keys.at(-1);
  if (!signer) throw new Error('No signing key exists and none could be created');
  return {
    signer: { kid: signer.kid, privateKey: createPrivateKey(signer.privateKey) },
    published: { keys: keys.map((key) => key.publicJwk) as JSONWebKeySet['keys'] },
  };
}
