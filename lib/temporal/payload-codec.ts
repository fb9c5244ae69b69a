import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { ConfigFault, converted, textOr, type Reader } from '../config.ts';

/** Keys by id. The first encrypts and all decrypt, so a key can be replaced while histories still need the old one. */
export type PayloadKeys = ReadonlyMap<string, Uint8Array>;

const ENCODING = 'binary/encrypted';
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

const KEYS = 'TEMPORAL_PAYLOAD_KEYS';

/** If unset, payloads are not encrypted. */
export const payloadKeys: Reader<PayloadKeys | undefined> = converted(
  textOr(
    KEYS,
    `\`id:key,…\`, each key ${KEY_BYTES} bytes in base64. ` +
      'Payloads in Temporal are encrypted with the first key and decrypted with any of them',
    undefined,
  ),
  (value) => (value === undefined ? undefined : parseKeys(value)),
);

/**
 * Encrypts arguments, results, failures, summaries and details. Still reads plain payloads, so you can switch
 * encryption on while workflows run. A payload under an unknown key is an error.
 */
export function createPayloadCodec(keys: PayloadKeys): PayloadCodec {
  const [[id, key] = fail('the payload codec needs at least one key')] = keys;
  return {
    encode: async (payloads) => payloads.map((payload) => encrypt(payload, id, key)),
    decode: async (payloads) => payloads.map((payload) => (isEncrypted(payload) ? decrypt(payload, keys) : payload)),
  };
}

function parseKeys(value: string): PayloadKeys {
  const keys = new Map<string, Uint8Array>();
  for (const [n, entry] of value.split(',').entries()) {
    const [, id, text] = /^\s*([\w.-]{1,64}):([A-Za-z0-9+/]+={0,2})\s*$/.exec(entry) ?? [];
    const key = Buffer.from(text ?? '', 'base64');
    // Do not quote the entry: it is a secret.
    if (!id || key.length !== KEY_BYTES)
      throw new ConfigFault(`${KEYS}: entry ${n + 1} is not <id>:<${KEY_BYTES} bytes in base64>`);
    if (keys.has(id)) throw new ConfigFault(`${KEYS} has two keys with the id "${id}"`);
    keys.set(id, key);
  }
  return keys;
}

export const isEncrypted = ({ metadata }: Payload): boolean => textOf(metadata?.['encoding']) === ENCODING;

function encrypt(payload: Payload, id: string, key: Uint8Array): Payload {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce);
  const data = Buffer.concat([
    nonce,
    cipher.update(PayloadMessage.encode(payload).finish()),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
  return { metadata: { encoding: Buffer.from(ENCODING), 'encryption-key-id': Buffer.from(id) }, data };
}

function decrypt({ metadata, data }: Payload, keys: PayloadKeys): Payload {
  const id = textOf(metadata?.['encryption-key-id']);
  const key =
    keys.get(id) ??
    fail(`a payload is encrypted under the key "${id}", but the configured keys are ${[...keys.keys()].join(', ')}`);
  const bytes = data ?? new Uint8Array();
  try {
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return PayloadMessage.decode(
      Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]),
    );
  } catch (cause) {
    throw new Error(
      `a payload cannot be decrypted: the key "${id}" has a different value now, or the payload was altered`,
      { cause },
    );
  }
}

const textOf = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString();

function fail(message: string): never {
  throw new Error(message);
}
