import { defaultPayloadConverter, type Payload, type PayloadCodec } from '@temporalio/common';
import { isEncrypted } from './payload-codec.ts';

interface Failure {
  message?: string | null;
  stackTrace?: string | null;
  encodedAttributes?: Payload | null;
}

/** Decrypts all payloads and failure messages in a raw Temporal response, such as a history. */
export async function decryptInPlace(value: unknown, codec: PayloadCodec): Promise<void> {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  if (isPayload(value)) {
    if (isEncrypted(value)) Object.assign(value, (await codec.decode([value]))[0]);
    return;
  }
  for (const each of Object.values(value)) await decryptInPlace(each, codec);
  restoreMessage(value);
}

/** An encrypted failure has a placeholder as its message; the real message is in a payload. */
function restoreMessage(failure: Failure): void {
  if (!failure.encodedAttributes) return;
  const { message, stack_trace: stackTrace } = defaultPayloadConverter.fromPayload<{
    message?: string;
    stack_trace?: string;
  }>(failure.encodedAttributes);
  Object.assign(failure, { message, stackTrace });
}

const isPayload = (value: object): value is Payload =>
  'metadata' in value && 'data' in value && ArrayBuffer.isView(value.data);
