import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Content, Message } from './message.ts';

/** The part of a bundled AsyncAPI 3.0 document that the codec reads. Message names are event types. */
export interface EventDocument {
  channels: Record<string, { address: string; messages: Record<string, { headers: object; payload: object }> }>;
}

export interface Event {
  id: string;
  type: string;
  topic: string;
  key: string;
  /** Null means deletion. */
  payload: unknown;
  correlationId: string;
  traceparent?: string | undefined;
  /** Headers that only this event type has, such as the version of a deleted profile. */
  extra?: Record<string, string>;
}

/** No retry can handle the message. */
export class UnprocessableMessage extends Error {}

/** Consumers accept `1.<n>` too: a newer minor version only adds what they may ignore. */
const SCHEMA_VERSION = '1';

/**
 * Validates events against the document. An event that is written must match it exactly. An event that is read may also
 * have unknown properties, which a newer release may have added.
 */
export function createEventCodec(document: EventDocument) {
  const writeFault = createValidator(document);
  const readFault = createValidator(openedSchemas(document));

  return {
    /** Throws if the event violates the document. That is a bug, caught before a consumer reads the event. */
    encode({ id, type, topic, key, payload, correlationId, traceparent, extra }: Event): Message {
      const headers = {
        eventId: id,
        eventType: type,
        schemaVersion: SCHEMA_VERSION,
        correlationId,
        'content-type': 'application/json',
        ...(traceparent && { traceparent }),
        ...extra,
      };
      const fault = writeFault(topic, headers, payload);
      if (fault) throw new Error(`Event ${type} violates its AsyncAPI document: ${fault}`);
      return { topic, key, value: payload === null ? null : JSON.stringify(payload), headers };
    },

    /**
     * Throws UnprocessableMessage if something that the document requires is missing or wrong. The payload may contain
     * unknown properties.
     */
    decode({ topic, key, value, headers }: Content): Event {
      const payload = value === null ? null : parse(value);
      const fault = readFault(topic, headers, payload);
      if (fault) throw new UnprocessableMessage(fault);
      const { eventId, eventType, correlationId, traceparent, ...extra } = headers as Record<
        'eventId' | 'eventType' | 'correlationId',
        string
      > &
        Record<string, string>;
      return {
        id: eventId,
        type: eventType,
        topic,
        key: key?.toString() ?? '',
        payload,
        correlationId,
        traceparent,
        extra,
      };
    },
  };
}

export type EventCodec = ReturnType<typeof createEventCodec>;

/** Returns a function that says what is wrong with a message; undefined if it is valid. */
function createValidator({ channels }: EventDocument) {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  const messages = new Map<string, { headers: ValidateFunction; payload: ValidateFunction }>();
  for (const channel of Object.values(channels)) {
    for (const [type, { headers, payload }] of Object.entries(channel.messages)) {
      messages.set(`${channel.address} ${type}`, { headers: ajv.compile(headers), payload: ajv.compile(payload) });
    }
  }
  return (topic: string, headers: Record<string, string>, payload: unknown): string | undefined => {
    const message = messages.get(`${topic} ${headers['eventType']}`);
    if (!message) return `${topic} has no message "${headers['eventType']}"`;
    if (!message.headers(headers)) return ajv.errorsText(message.headers.errors, { dataVar: 'headers' });
    if (!message.payload(payload)) return ajv.errorsText(message.payload.errors, { dataVar: 'payload' });
    return undefined;
  };
}

const CLOSING_KEYWORDS = ['additionalProperties', 'unevaluatedProperties'];

/** The document with schemas that allow unknown properties at any depth. */
const openedSchemas = (document: EventDocument): EventDocument =>
  JSON.parse(
    JSON.stringify(document, (keyword, value: unknown) =>
      value === false && CLOSING_KEYWORDS.includes(keyword) ? undefined : value,
    ),
  ) as EventDocument;

function parse(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString('utf8'));
  } catch (error) {
    throw new UnprocessableMessage('the payload is not JSON', { cause: error });
  }
}
