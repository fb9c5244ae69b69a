import type { ErrorObject } from 'ajv';
import { Problem } from './problem.ts';

const FAULTS_LISTED_MAX = 5;

/** Turns validation errors into the problem that the contract specifies, without quoting values. */
export function explainInvalid(errors: readonly ErrorObject[]): Problem {
  const about = errors.map((error) => ({ place: placeOf(error), error }));
  const key = about.find(({ place }) => place === 'header idempotency-key');
  if (key?.error.keyword === 'required')
    return new Problem(
      'idempotency-key-missing',
      'Send an Idempotency-Key header with a new UUID, and send the same one when you repeat the request',
    );
  // An optional key may be missing, but it may not be malformed.
  if (key) return new Problem('idempotency-key-malformed', 'The Idempotency-Key header must be a UUID');
  const faults = [...new Set(about.map(({ place, error }) => `${place} ${wordsFor(error)}`.trim()))];
  return new Problem('bad-request', faults.slice(0, FAULTS_LISTED_MAX).join('; '));
}

const wordsFor = ({ keyword, message }: ErrorObject): string =>
  keyword === 'pattern' ? 'does not have the format in the API reference' : (message ?? 'is not allowed');

/** Such as `header if-match`. A missing or unknown member's name comes last. */
function placeOf({ instancePath, params, keyword }: ErrorObject): string {
  const { missingProperty, additionalProperty } = params as { missingProperty?: string; additionalProperty?: string };
  const name = keyword === 'required' ? missingProperty : additionalProperty;
  return `${instancePath}/${name ?? ''}`
    .split('/')
    .filter(Boolean)
    .join(' ')
    .slice(0, 80)
    .replace(/^requestBody/, 'body')
    .replace(/^header (.*)$/, (header) => header.toLowerCase());
}
