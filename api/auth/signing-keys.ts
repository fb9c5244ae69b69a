import { createPrivateKey, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import type { JSONWebKeySet } from 'jose';
import { publicJwk, signUserToken } from '../../lib/tokens.ts';
import type { AuthStore, StoredKey } from './store.ts';

/** How soon a replica sees a key that was added or retired. */
const FRESH_MS = 30_000;
/** A new key is published this long before it signs: longer than any replica and any reader of the key set may hold an older one. */
const PUBLISHED_BEFORE_USE_MS = 120_000;

type KeyStore = Pick<AuthStore, 'signingKeys' | 'addFirstSigningKey'>;

interface KeyRing {
  signer: { kid: string; privateKey: KeyObject };
  published: JSONWebKeySet;
}

export interface SigningKeys {
  /** A token by which the services know the user for five minutes. */
  sign(userId: string): Promise<string>;
  /** The public halves of all keys that are not retired. */
  published(): Promise<JSONWebKeySet>;
}

/** The keys that sign users' tokens. They live in the database, which all replicas share; the first one is made when it is first needed. */
export function createSigningKeys(store: KeyStore): SigningKeys {
  let ring: KeyRing | undefined;
  let staleAtMs = 0;
  let reading: Promise<KeyRing> | undefined;

  async function read(): Promise<KeyRing> {
    ring = toRing(await storedKeys(store));
    staleAtMs = Date.now() + FRESH_MS;
    return ring;
  }

  async function current(): Promise<KeyRing> {
    if (ring && Date.now() < staleAtMs) return ring;
    reading ??= read().finally(() => (reading = undefined));
    if (!ring) return reading;
    // Nobody waits for a second reading, and when it fails the keys of the first one are as good as before.
    reading.catch(() => {});
    return ring;
  }

  return {
    async sign(userId) {
      const { kid, privateKey } = (await current()).signer;
      return signUserToken(privateKey, kid, userId);
    },
    published: async () => (await current()).published,
  };
}

async function storedKeys(store: KeyStore) {
  const keys = await store.signingKeys();
  if (keys.length > 0) return keys;
  await store.addFirstSigningKey(newKey());
  // Another replica may have been first: whichever key is there now is everybody's.
  return store.signingKeys();
}

function newKey(): StoredKey {
  const kid = randomUUID();
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return { kid, privateKey, publicJwk: publicJwk(privateKey, kid) };
}

/** The newest key signs once everybody can have read it; until then, and for want of another, the one before it. */
function toRing(keys: Awaited<ReturnType<AuthStore['signingKeys']>>): KeyRing {
  const seen = keys.find(({ createdAt }) => createdAt.getTime() <= Date.now() - PUBLISHED_BEFORE_USE_MS) ?? keys.at(-1);
  if (!seen) throw new Error('There is no signing key, and none could be made');
  return {
    signer: { kid: seen.kid, privateKey: createPrivateKey(seen.privateKey) },
    published: { keys: keys.map((key) => key.publicJwk) as JSONWebKeySet['keys'] },
  };
}
