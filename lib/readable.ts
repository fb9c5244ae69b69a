import { defaultPayloadConverter, type Payload, type PayloadCodec } from '@temporalio/common';
import { isEncrypted } from './payload-codec.ts';

interface Failure {
  message?: string | null;
  stackTrace?: string | null;
  encodedAttributes?: Payload | null;
}

/** Decrypts every payload and every failure's message within a raw answer of Temporal, such as a history, in place. */
export async function makeReadable(value: unknown, codec: PayloadCodec): Promise<void> {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  if (isPayload(value)) {
    if (isEncrypted(value)) Object.assign(value, (await codec.decode([value]))[0]);
    return;
  }
  for (const each of Object.values(value)) await makeReadable(each, codec);
  restoreMessage(value);
}

/** Where failures are encrypted, their message stands in a payload, and in its place a word that says so. */
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
