/** The types of the HTTP API. Every style has the same operations. */
export type { operations } from './generated/preferable/openapi.ts';
