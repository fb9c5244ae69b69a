/** Generates requests from the API document, most of them slightly wrong. */
import * as fc from 'fast-check';
import type { Json } from '../../../tools/specs/json.ts';
import { bodyOf } from './fuzz-bodies.ts';
import { junk, textOf, usually, validValue } from './fuzz-values.ts';
import { operations, type Operation } from './operations.ts';

export interface FuzzRequest {
  operationId: string | undefined;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | undefined;
  /** True if the server might not route the request to this operation. */
  odd: boolean;
}

export function requestsOf(
  { method, path, parameters, bodies }: Operation,
  ids: readonly string[],
): fc.Arbitrary<FuzzRequest> {
  const of = (place: string) => parameters.filter((parameter) => parameter.in === place);
  const required = of('header').filter((parameter) => parameter.required);
  const headers = fc.record(
    Object.fromEntries(of('header').map(({ name, schema }) => [name, headerText(validValue(schema, ids))])),
    {
      requiredKeys: required.map(({ name }) => name),
    },
  );
  return fc
    .record({
      address: addressOf(path, of('path'), ids),
      query: queryOf(of('query'), ids),
      headers,
      more: otherHeaders,
      body: method === 'GET' ? fc.constant(undefined) : bodyOf(bodies, ids),
      method: usually(fc.constant(method), fc.constantFrom('PATCH', 'OPTIONS', 'DELETE', 'PUT', 'POST')),
    })
    .map(({ address, query, headers, more, body, method: sentMethod }) => {
      const sentHeaders = { ...body?.headers, ...headers, ...more } as Record<string, string>;
      return {
        operationId: operations.find((each) => each.path === path && each.method === sentMethod)?.id,
        method: sentMethod,
        path: address.path + query,
        headers: sentHeaders,
        body: sentMethod === 'GET' ? undefined : body?.text,
        odd:
          address.odd || (address.path + query).length > LONG_TARGET || JSON.stringify(sentHeaders).length > LONG_HEAD,
      };
    });
}

/** A longer target or longer headers may be rejected as too long. */
const LONG_TARGET = 1_900;
const LONG_HEAD = 6_000;

interface Address {
  path: string;
  odd: boolean;
}

function addressOf(path: string, parameters: Operation['parameters'], ids: readonly string[]): fc.Arbitrary<Address> {
  const valid = (schema: Json) =>
    validValue(schema, ids).map((value) => ({ text: escaped(value), odd: !/^[\w-]+$/.test(textOf(value)) }));
  const invalid = fc.oneof(junk.map(escaped), fc.constantFrom('%00', '%2f', '%c3', '%', 'a%0d%0ab', ';x', '%252e'));
  const segment = (schema: Json) =>
    usually(
      valid(schema),
      invalid.map((text) => ({ text, odd: true })),
    );
  return fc
    .record(Object.fromEntries(parameters.map(({ name, schema }) => [name, segment(schema)])))
    .map((segments) => ({
      // An empty last segment would turn this into a different path, such as `/orders/`.
      path: path.replace(/\{(\w+)\}/g, (_, name: string) => segments[name]!.text || '-'),
      odd: Object.values(segments).some(({ odd }) => odd),
    }));
}

/** Known and unknown parameters, valid and invalid, some of them repeated. */
function queryOf(parameters: Operation['parameters'], ids: readonly string[]): fc.Arbitrary<string> {
  const value = (schema: Json) => fc.oneof({ weight: 3, arbitrary: validValue(schema, ids) }, junk);
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

/** Headers carry Latin-1 without control characters. */
const headerText = (value: fc.Arbitrary<unknown>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 5, arbitrary: value }, junk).map((each) => latin1(textOf(each)));
const escaped = (value: unknown): string => encodeURIComponent(textOf(value).toWellFormed());
const latin1 = (text: string): string => text.replace(/[^\t\x20-\x7e\xa0-\xff]/g, '').trim();

const otherHeaders: fc.Arbitrary<Record<string, string>> = fc
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
