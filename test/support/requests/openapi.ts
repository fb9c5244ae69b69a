import assert from 'node:assert/strict';
import addFormats from 'ajv-formats';
import { Ajv2020 } from 'ajv/dist/2020.js';
import document from '../../../specs/generated/preferable/openapi.json' with { type: 'json' };
import { recordExchange } from './exchanges.ts';

interface Documented {
  headers?: Record<string, { $ref: string }>;
  content?: Record<string, object>;
}

type Found<T> = { at: string; value: T };

const ROOT = 'openapi.json';
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(document, ROOT);

/**
 * Fails unless the operation documents the response: status, media type, body and headers. Returns the body, parsed if
 * it is JSON. Without an operation id the response must be one of the problems in `x-problems`.
 */
export async function assertDocumented(operationId: string | undefined, response: Response): Promise<any> {
  const text = await response.text();
  const body = operationId === undefined ? assertOutside(response, text) : assertAnswer(operationId, response, text);
  recordExchange({
    operationId,
    status: response.status,
    kind: response.status < 400 ? undefined : body.type.replace('/problems/', ''),
  });
  return body;
}

function assertAnswer(operationId: string, response: Response, text: string) {
  const context = `${operationId} answered ${response.status} ${text}`;
  const { at, value } = deref<Documented>(
    `${operationPath(operationId)}/responses/${response.status}`,
    `${context}, a status that is not documented`,
  );
  for (const name of Object.keys(value.headers ?? {}))
    assertHeader(`${at}/headers/${name}`, response.headers.get(name), `${context}, header ${name}`);
  assertNoOthers(Object.keys(value.headers ?? {}), response.headers, context);
  if (!value.content) {
    assert.equal(text, '', context);
    return undefined;
  }
  const media = mediaOf(response);
  assert.ok(Object.hasOwn(value.content, media), `${context}, as ${media}, which is not documented`);
  const body = media.endsWith('json') ? JSON.parse(text) : text;
  assertSchema(`${at}/content/${escape(media)}/schema`, body, context);
  return body;
}

function assertOutside(response: Response, text: string) {
  assert.equal(mediaOf(response), 'application/problem+json', text);
  const problem = JSON.parse(text);
  const kind = document['x-problems'].find((known) => problem.type === `/problems/${known}`);
  assert.ok(kind, `${text} is not a documented answer outside the operations`);
  assertSchema(`#/components/schemas/${pascal(kind)}Problem`, problem, text);
  assert.deepEqual(
    [response.status, response.headers.get('x-correlation-id')],
    [problem.status, problem.correlationId],
  );
  return problem;
}

const pascal = (kind: string): string => kind.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());

function operationPath(operationId: string): string {
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      if ((operation as { operationId?: string }).operationId === operationId)
        return `#/paths/${escape(path)}/${method}`;
    }
  }
  throw new Error(`There is no operation ${operationId}`);
}

function assertHeader(at: string, value: string | null, context: string): void {
  const header = deref<{ required?: boolean }>(at, context);
  if (value === null) assert.ok(!header.value.required, `${context} is missing`);
  else assertSchema(`${header.at}/schema`, value, context);
}

/** Clients act on these headers, so they must be documented. */
const CLIENT_HEADERS = [
  'etag',
  'location',
  'link',
  'retry-after',
  'idempotent-replayed',
  'preference-applied',
  'set-cookie',
  'www-authenticate',
  'x-user-id',
  'authorization',
];

function assertNoOthers(documented: readonly string[], headers: Headers, context: string): void {
  const names = new Set(documented.map((name) => name.toLowerCase()));
  for (const name of CLIENT_HEADERS)
    assert.ok(names.has(name) || !headers.has(name), `${context}, header ${name}, which is not documented`);
}

function assertSchema(at: string, value: unknown, context: string): void {
  const validate = ajv.getSchema(`${ROOT}${at}`) ?? ajv.compile({ $ref: `${ROOT}${at}` });
  assert.ok(validate(value), `${context}: ${ajv.errorsText(validate.errors)}`);
}

/** The value at a JSON pointer with references followed, and where it was found. */
function deref<T>(at: string, messageIfMissing: string): Found<T> {
  let value: any = document;
  for (const step of at.slice(2).split('/')) value = value?.[step.replaceAll('~1', '/').replaceAll('~0', '~')];
  assert.ok(value, messageIfMissing);
  return value.$ref ? deref(value.$ref, messageIfMissing) : { at, value };
}

const mediaOf = (response: Response): string => (response.headers.get('content-type') ?? '').split(';')[0]!;
const escape = (step: string): string => step.replaceAll('~', '~0').replaceAll('/', '~1');
