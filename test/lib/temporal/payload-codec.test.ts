/** The payload codec detects changed payloads and wrong keys. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigFault } from '../../../lib/config.ts';
import { createPayloadCodec, payloadKeys } from '../../../lib/temporal/payload-codec.ts';
import { keysOf } from '../../support/temporal/encrypted.ts';

const keys = keysOf('2026-11');

test('decrypting a changed payload, or with another key under the same id, fails with an error that names the key', async () => {
  const [payload] = await createPayloadCodec(keys).encode([
    { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('"a"') },
  ]);
  const impostor = createPayloadCodec(new Map([['2026-11', Buffer.alloc(32)]]));
  const changed = { ...payload!, data: Buffer.from(payload!.data!.map((byte, n) => (n === 20 ? byte ^ 1 : byte))) };
  for (const attempt of [impostor.decode([payload!]), createPayloadCodec(keys).decode([changed])])
    await assert.rejects(attempt, /cannot be decrypted: the key "2026-11"/);
});

test('malformed keys are refused, and the error does not contain them', () => {
  const key = Buffer.alloc(32, 7).toString('base64');
  const read = (value: string) => payloadKeys({ TEMPORAL_PAYLOAD_KEYS: value });
  assert.equal(payloadKeys({}), undefined);
  assert.deepEqual([...read(`b:${key}, a:${key}`)!.keys()], ['b', 'a']);
  for (const value of ['a', key, `a:${key.slice(4)}`, `a:${key},`, `a:${key},a:${key}`, `a b:${key}`]) {
    assert.throws(() => read(value), (error) => error instanceof ConfigFault && !error.message.includes(key.slice(4))); // prettier-ignore
  }
});
