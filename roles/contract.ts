import { resolveDocument } from '../lib/http/openapi.ts';
import type { EventDocument } from '../lib/kafka/events.ts';
import eventDocumentJson from '../specs/generated/preferable/asyncapi.json' with { type: 'json' };
import restDocumentJson from '../specs/generated/preferable/openapi.json' with { type: 'json' };

/** The HTTP contract, as it is published: with references. */
export const publishedDocument: object = restDocumentJson;

/** The HTTP contract, with its references resolved. */
export const restDocument = await resolveDocument(restDocumentJson);

/** The Kafka contract. */
export const eventDocument = eventDocumentJson as unknown as EventDocument;
