import assert from 'node:assert/strict';
import addFormats from 'ajv-formats';
import { Ajv2020 } from 'ajv/dist/2020.js';
import document from '../../specs/generated/preferable/openapi.json' with { type: 'json' };
import { recordExchange } from './exchanges.ts';

/** What an operation documents for one status. */
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
 * Fails unless the response is one that the operation documents: its status, its media type, its body and its headers. Answers the
 * body, parsed where it is JSON. An answer that belongs to no operation is documented too, by the kinds that `x-problems` lists.
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
  const told = `${operationId} answered ${response.status} ${text}`;
  const { at, value } = deref<Documented>(
    `${operationPath(operationId)}/responses/${response.status}`,
    `${told}, a status that is not documented`,
  );
  for (const name of Object.keys(value.headers ?? {}))
    assertHeader(`${at}/headers/${name}`, response.headers.get(name), `${told}, header ${name}`);
  assertNoOthers(Object.keys(value.headers ?? {}), response.headers, told);
  if (!value.content) {
    assert.equal(text, '', told);
    return undefined;
  }
  const media = mediaOf(response);
  assert.ok(Object.hasOwn(value.content, media), `${told}, as ${media}, which is not documented`);
  const body = media.endsWith('json') ? JSON.parse(text) : text;
  assertSchema(`${at}/content/${escape(media)}/schema`, body, told);
  return body;
}

function assertOutside(response: Response, text: string) {
  assert.equal(mediaOf(response), 'application/problem+json', text);
  const problem = JSON.parse(text);
  const kind = document['x-problems'].find((known) => problem.type === `/problems/${known}`);
  assert.ok(kind, `${text} is no answer to an unknown address`);
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

function assertHeader(at: string, value: string | null, told: string): void {
  const header = deref<{ required?: boolean }>(at, told);
  if (value === null) assert.ok(!header.value.required, `${told} is missing`);
  else assertSchema(`${header.at}/schema`, value, told);
}

/** What clients go by, and would not look for if it were not documented. */
const TELLING = [
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

function assertNoOthers(documented: readonly string[], headers: Headers, told: string): void {
  const names = new Set(documented.map((name) => name.toLowerCase()));
  for (const name of TELLING)
    assert.ok(names.has(name) || !headers.has(name), `${told}, header ${name}, which is not documented`);
}

function assertSchema(at: string, value: unknown, told: string): void {
  const validate = ajv.getSchema(`${ROOT}${at}`) ?? ajv.compile({ $ref: `${ROOT}${at}` });
  assert.ok(validate(value), `${told}: ${ajv.errorsText(validate.errors)}`);
}

/** What stands at a place of the document, and where it really stands when that is a reference. */
function deref<T>(at: string, otherwise: string): Found<T> {
  let value: any = document;
  for (const step of at.slice(2).split('/')) value = value?.[step.replaceAll('~1', '/').replaceAll('~0', '~')];
  assert.ok(value, otherwise);
  return value.$ref ? deref(value.$ref, otherwise) : { at, value };
}

const mediaOf = (response: Response): string => (response.headers.get('content-type') ?? '').split(';')[0]!;
const escape = (step: string): string => step.replaceAll('~', '~0').replaceAll('/', '~1');
