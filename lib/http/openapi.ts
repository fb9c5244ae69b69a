import type { Document } from 'openapi-backend';
import { dereference } from 'openapi-backend/refparser.js';

/** Returns the bundled OpenAPI document with its references resolved. */
export async function resolveDocument(bundled: object): Promise<Document> {
  return (await dereference(structuredClone(bundled) as never)) as unknown as Document;
}
