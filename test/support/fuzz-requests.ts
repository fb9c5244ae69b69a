import * as fc from 'fast-check';
import type { Json } from '../../tools/specs/json.ts';
import { damaged, junk, sound } from './fuzz-values.ts';
import { operations, type Operation } from './operations.ts';

export interface FuzzRequest {
  /** What the document calls it. Nothing has a name whose method its address does not have. */
  operationId: string | undefined;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | undefined;
  /** Something about its address or its headers may keep it from being taken for this operation at all. */
  odd: boolean;
}

/** Requests of an operation: some as the document has them, most of them not quite. */
export function requestsOf(
  { method, path, parameters, bodies }: Operation,
  ids: readonly string[],
): fc.Arbitrary<FuzzRequest> {
  const of = (place: string) => parameters.filter((parameter) => parameter.in === place);
  const required = of('header').filter((parameter) => parameter.required);
  const headers = fc.record(
    Object.fromEntries(of('header').map(({ name, schema }) => [name, headerText(sound(schema, ids))])),
    {
      requiredKeys: required.map(({ name }) => name),
    },
  );
  return fc
    .record({
      address: addressOf(path, of('path'), ids),
      query: queryOf(of('query'), ids),
      headers,
      more: others,
      body: method === 'GET' ? fc.constant(undefined) : bodyOf(bodies, ids),
      method: usually(fc.constant(method), fc.constantFrom('PATCH', 'OPTIONS', 'DELETE', 'PUT', 'POST')),
    })
    .map(({ address, query, headers, more, body, method: asked }) => {
      const whole = { ...body?.headers, ...headers, ...more } as Record<string, string>;
      return {
        operationId: operations.find((each) => each.path === path && each.method === asked)?.id,
        method: asked,
        path: address.path + query,
        headers: whole,
        body: asked === 'GET' ? undefined : body?.text,
        odd: address.odd || (address.path + query + JSON.stringify(whole)).length > HEADERS_LONG,
      };
    });
}

/** From here on a server may call the head of a request too large. */
const HEADERS_LONG = 8_000;

const usually = <T>(one: fc.Arbitrary<T>, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 9, arbitrary: one }, other);

interface Address {
  path: string;
  odd: boolean;
}

function addressOf(path: string, parameters: Operation['parameters'], ids: readonly string[]): fc.Arbitrary<Address> {
  const plain = (schema: Json) =>
    sound(schema, ids).map((value) => ({ text: escaped(value), odd: !/^[\w-]+$/.test(textOf(value)) }));
  const strange = fc.oneof(junk.map(escaped), fc.constantFrom('%00', '%2f', '%c3', '%', 'a%0d%0ab', ';x', '%252e'));
  const segment = (schema: Json) =>
    usually(
      plain(schema),
      strange.map((text) => ({ text, odd: true })),
    );
  return fc
    .record(Object.fromEntries(parameters.map(({ name, schema }) => [name, segment(schema)])))
    .map((segments) => ({
      // Without the last of its segments it would be another address.
      path: path.replace(/\{(\w+)\}/g, (_, name: string) => segments[name]!.text || '-'),
      odd: Object.values(segments).some(({ odd }) => odd),
    }));
}

/** Named well or badly, once or twice, or anything at all. */
function queryOf(parameters: Operation['parameters'], ids: readonly string[]): fc.Arbitrary<string> {
  const value = (schema: Json) => fc.oneof({ weight: 3, arbitrary: sound(schema, ids) }, junk);
  const known = parameters.map(({ name, schema }) =>
    fc.tuple(fc.constantFrom(name, name, name, `${name}[]`, name.toUpperCase()), value(schema)),
  );
  const pair = fc.oneof(...known, fc.tuple(fc.constantFrom('x', '__proto__', '', 'limit'), junk));
  const pairs = fc.array(
    pair.map(([name, each]) => `${name}=${escaped(each)}`),
    { maxLength: known.length + 1 },
  );
  return usually(
    pairs.map((each) => (each.length > 0 ? `?${each.join('&')}` : '')),
    fc.constantFrom('?', '?&&=', '?%', '?limit=%c3%28', '?limit=%00', `?x=${'y'.repeat(3_000)}`),
  );
}

/** As a header can carry it: no control characters, nothing beyond Latin-1. */
const headerText = (value: fc.Arbitrary<unknown>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 5, arbitrary: value }, junk).map((each) => latin1(textOf(each)));
const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const escaped = (value: unknown): string => encodeURIComponent(textOf(value).toWellFormed());
const latin1 = (text: string): string => text.replace(/[^\t\x20-\x7e\xa0-\xff]/g, '').trim();

const others: fc.Arbitrary<Record<string, string>> = fc
  .record(
    Object.fromEntries(
      [
        'accept',
        'accept-language',
        'content-encoding',
        'range',
        'origin',
        'sec-fetch-site',
        'x-correlation-id',
        'traceparent',
        'x-forwarded-for',
        'x-forwarded-host',
        'x-http-method-override',
        'x-user-id',
        'if-match',
        'prefer',
      ].map((name) => [
        name,
        rarely(
          headerText(
            fc.constantFrom('*', '*/*', 'identity', 'same-origin', 'null', 'http://127.0.0.1', '0', 'wait=0', 'GET'),
          ),
        ),
      ]),
    ),
  )
  .map((headers) =>
    Object.fromEntries(Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined)),
  );

function rarely<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 40, arbitrary: fc.constant(undefined) }, value);
}

interface Body {
  text: string;
  headers: Record<string, string>;
}

function bodyOf(bodies: Operation['bodies'], ids: readonly string[]): fc.Arbitrary<Body | undefined> {
  const schema = bodies?.['application/json'];
  if (!schema)
    return usually(
      fc.constant<Body | undefined>(undefined),
      junk.map((value) => ({ text: JSON.stringify(value), headers: { 'content-type': 'application/json' } })),
    );
  const right = sound(schema, ids) as fc.Arbitrary<Record<string, unknown>>;
  const name = fc.constantFrom(...Object.keys(schema.properties), 'userId', 'isAdmin', '__proto__', '');
  const replaced = fc.tuple(right, name, junk).map(([value, name, other]) => ({ ...value, [name]: other }));
  const json = fc
    .oneof(
      { weight: 8, arbitrary: right },
      { weight: 4, arbitrary: replaced },
      fc.tuple(right, name).map(([value, name]) => without(value, name)),
      junk,
    )
    .map((value) => JSON.stringify(value));
  const twice = fc
    .tuple(right, name, junk)
    .map(([value, name, other]) =>
      JSON.stringify(value).replace('{', `{${JSON.stringify(name)}:${JSON.stringify(other)},`),
    );
  const form = right.map((value) =>
    new URLSearchParams(Object.entries(value).map(([name, each]) => [name, textOf(each).toWellFormed()])).toString(),
  );
  const text = fc.oneof(
    { weight: 12, arbitrary: json },
    { weight: 2, arbitrary: damaged(json) },
    twice,
    form,
    hopeless,
  );
  const media = fc.oneof(
    { weight: 8, arbitrary: fc.constant('application/json') },
    fc.constantFrom(
      'application/json; charset=utf-16',
      'application/json;charset',
      'application/x-www-form-urlencoded',
      'text/plain',
      'application/problem+json',
      '*/*',
      'application',
      'multipart/form-data; boundary=x',
    ),
  );
  return fc.record({ text, headers: media.map((type) => ({ 'content-type': type })) });
}

const without = (value: Record<string, unknown>, name: string) =>
  Object.fromEntries(Object.entries(value).filter(([each]) => each !== name));

const hopeless = fc.constantFrom(
  '',
  '[',
  '['.repeat(8_000),
  '{"a":'.repeat(3_000),
  'NaN',
  '{"price":1e400}',
  '{"amount":9007199254740993}',
  `"${'x'.repeat(17_000)}"`,
  '\0',
  '\ufeff{}',
);
