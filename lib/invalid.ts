import type { ErrorObject } from 'ajv';
import { Problem } from './problem.ts';

const FAULTS_TOLD_MAX = 5;

/** Turns what the validator found into the refusal that the contract names, saying where each fault is. Values are not repeated. */
export function explainInvalid(errors: readonly ErrorObject[]): Problem {
  const about = errors.map((error) => ({ place: placeOf(error), error }));
  const key = about.find(({ place }) => place === 'header idempotency-key');
  if (key?.error.keyword === 'required')
    return new Problem(
      'idempotency-key-missing',
      'Send an Idempotency-Key header with a new UUID, and the same one when you repeat the request',
    );
  // A key may be declared optional and still be malformed.
  if (key) return new Problem('idempotency-key-malformed', 'The Idempotency-Key header must be a UUID');
  const faults = [...new Set(about.map(({ place, error }) => `${place} ${wordsFor(error)}`.trim()))];
  return new Problem('bad-request', faults.slice(0, FAULTS_TOLD_MAX).join('; '));
}

/** A pattern is for machines: who sent something else looks it up. */
const wordsFor = ({ keyword, message }: ErrorObject): string =>
  keyword === 'pattern' ? 'is not in the form that the API reference describes' : (message ?? 'is not allowed');

/** Where a fault is, in words: `header if-match`, `body price`. The path of a thing that is missing or unknown ends with its name. */
function placeOf({ instancePath, params, keyword }: ErrorObject): string {
  const { missingProperty, additionalProperty } = params as { missingProperty?: string; additionalProperty?: string };
  const name = keyword === 'required' ? missingProperty : additionalProperty;
  return `${instancePath}/${name ?? ''}`
    .split('/')
    .filter(Boolean)
    .join(' ')
    .slice(0, 80)
    .replace(/^requestBody/, 'body')
    .replace(/^header (.*)$/, (whole) => whole.toLowerCase());
}
