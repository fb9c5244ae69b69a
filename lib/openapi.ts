import type { Document } from 'openapi-backend';
import { dereference } from 'openapi-backend/refparser.js';

/** A bundled OpenAPI document with its references resolved, as routing and validating need it. */
export async function resolveDocument(bundled: object): Promise<Document> {
  return (await dereference(structuredClone(bundled) as never)) as unknown as Document;
}
