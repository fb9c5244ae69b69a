/** No input from a stranger takes long to read, whatever it repeats. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { gatewayApi } from '../../../api/gateway/app.ts';
import { createClientReader } from '../../../lib/http/forwarded.ts';
import { createUpstreams } from '../../../api/gateway/upstreams.ts';
import { isAboutMailbox } from '../../../api/notifications/mailbox-reply.ts';
import { serveApi, type AnyCall } from '../../../lib/http/api.ts';
import { publishedDocument, restDocument } from '../../../roles/contract.ts';
import type { Json } from '../../../tools/specs/json.ts';
import { assertCheap, FRAMES, INPUT_BYTES, repeated, UNITS } from '../../support/requests/costly.ts';
import { operations } from '../../support/requests/operations.ts';
import { sendRaw } from '../../support/requests/raw.ts';
import { serveQuietly } from '../../support/shop/service.ts';

/** Every operation of every role, answered without any work once the request has been read. */
const handlers = new Proxy(
  {},
  {
    get:
      () =>
      async ({ ctx }: AnyCall) =>
        void (ctx.body = {}),
  },
);
const verify = async () => ({ kind: 'user' as const, id: randomUUID() });
const tags = [...new Set(operations.map(({ role }) => role))].filter((role) => role !== 'gateway');
const services = await serveQuietly(
  'services',
  tags.map((tag) => serveApi({ document: restDocument, tag, handlers, verify })),
);
const upstreams = createUpstreams(new Map(tags.map((tag) => [tag, services.url])));
const clientOf = createClientReader(['127.0.0.1']);
const gateway = await serveQuietly(
  'gateway',
  gatewayApi({ document: restDocument, published: publishedDocument, upstreams, clientOf }),
  { operations: false },
);
after(async () => {
  await gateway.close();
  await upstreams.close();
  await services.close();
});

const HEADERS = [
  ['accept', 'accept-encoding', 'accept-language', 'accept-charset', 'authorization', 'cookie', 'content-type'],
  ['prefer', 'if-match', 'if-none-match', 'idempotency-key', 'last-event-id', 'origin', 'sec-fetch-site', 'expect'],
  ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-method', 'x-correlation-id'],
  ['traceparent', 'user-agent', 'content-encoding', 'x-unknown', 'host', 'cache-control'],
].flat();
const PATHS = [
  `GET /orders/${randomUUID()}`,
  `POST /orders`,
  `POST /auth/login`,
  `GET /problems/key-reused`,
  'GET /docs/docs.js',
];

for (const header of HEADERS) {
  test(`a long ${header} is read at little cost`, async () => {
    await assertCheap(
      UNITS.flatMap((unit, n) =>
        FRAMES.map(([first, last], m): [string, () => unknown] => {
          const value = first + repeated(unit, INPUT_BYTES) + last;
          const path = PATHS[(n + m) % PATHS.length]!;
          const others = Object.entries({
            host: 'a',
            authorization: 'Bearer a.b.c',
            'content-type': 'application/json',
          }).filter(([name]) => name !== header);
          const lines = [...others.map((each) => each.join(': ')), `${header}: ${value}`, 'content-length: 2'];
          const head = `${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\nconnection: close\r\n\r\n{}`;
          return [`${path} ${unit} ${first}`, () => sendRaw(gateway.url, head).catch(() => {})];
        }),
      ),
    );
  });
}

test('many header lines are read at little cost', async () => {
  const lines = [
    ['a:', 'a: "', 'cookie: a=b', 'cookie: session_id=', 'accept: "', 'accept: a/a;b="', 'x-forwarded-for: 1.1.1.1'],
    ['host: a', 'authorization: Bearer a', 'prefer: wait', 'content-type: a/a', 'if-none-match: "a"', 'accept: */*'],
  ]
    .flat()
    .map((line) => repeated(`${line}\r\n`, INPUT_BYTES).replace(/[^\n]*$/, ''));
  const numbered = Array.from({ length: 1_500 }, (_, n) => `x${n}: 1\r\n`).join('');
  await assertCheap(
    [...lines, numbered].flatMap((text) =>
      PATHS.map((path): [string, () => unknown] => [
        `${path} ${text.slice(0, 20)}`,
        () => sendRaw(gateway.url, `${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n${text}\r\n`).catch(() => {}),
      ]),
    ),
  );
});

test('a long target is read at little cost', async () => {
  const targets = UNITS.filter((unit) => !/[\s\u0080-\u00ff]/.test(unit)).flatMap((unit) =>
    ['/', '/orders/', '/orders?', '/orders?limit=', '/docs/', 'http://a/', `/orders?a[`, '/problems/'].flatMap(
      (first) => [2_000, INPUT_BYTES].map((bytes) => first + repeated(unit, bytes - first.length)),
    ),
  );
  await assertCheap(
    targets.map((target) => [
      `${target.slice(0, 30)} of ${target.length} bytes`,
      () =>
        sendRaw(
          gateway.url,
          `GET ${target} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer a.b.c\r\nconnection: close\r\n\r\n`,
        ),
    ]),
  );
});

/** Texts as the value of each property, and bodies that are unusual as a whole. */
function bodiesOf(schema: Json): string[] {
  const names = Object.keys((schema?.['properties'] as object | undefined) ?? { a: 0 });
  const texts = UNITS.flatMap((unit) =>
    FRAMES.slice(0, 2).map(([first, last]) => first + repeated(unit, INPUT_BYTES) + last),
  );
  return [
    ...names.flatMap((name) => texts.map((text) => JSON.stringify({ [name]: text }))),
    ...names.flatMap((name) =>
      ['a@', 'a', '0', '.', '-a'].map((unit) => JSON.stringify({ [name]: `a@${repeated(unit, INPUT_BYTES)}!` })),
    ),
    ...['[', '{"a":', '[1,', '"\\u0041', '1', '1.', '-', '1e', ' ', '{"a":[', '\\', '"', '\n'].map((unit) =>
      repeated(unit, INPUT_BYTES),
    ),
    JSON.stringify(Object.fromEntries(Array.from({ length: 1_500 }, (_, n) => [`k${n}`, n]))),
    `{${Array.from({ length: 1_500 }, (_, n) => `"k${n}":1`).join(',')}}`,
    `{"${names[0]}":${'1'.repeat(INPUT_BYTES)}}`,
    `{"${names[0]}":1e${'1'.repeat(INPUT_BYTES)}}`,
    `{"${names[0]}":0.${'0'.repeat(INPUT_BYTES)}1}`,
    `[${'{"__proto__":{}},'.repeat(900)}1]`,
  ];
}

for (const { id, method, path, bodies, role } of operations.filter(({ bodies }) => bodies !== undefined)) {
  test(`strange bodies of ${id} are read at little cost`, async () => {
    assert.notEqual(role, 'gateway');
    const target = path.replaceAll(/\{\w+\}/g, randomUUID());
    const schema = bodies!['application/json'];
    const forms = UNITS.flatMap((unit) => [
      repeated(unit, INPUT_BYTES),
      `username=${repeated(unit, INPUT_BYTES)}&password=x`,
    ]);
    const sendAs =
      (type: string) =>
      (body: string): [string, () => unknown] => [
        body.slice(0, 30),
        () =>
          fetch(services.url + target, {
            method,
            body,
            headers: { 'content-type': type, authorization: 'Bearer a.b.c', 'idempotency-key': randomUUID() },
          }).then((response) => response.text()),
      ];
    await assertCheap([
      ...bodiesOf(schema).map(sendAs('application/json')),
      ...forms.map(sendAs('application/x-www-form-urlencoded')),
    ]);
  });
}

test('a long reply of a mail server is read at little cost', async () => {
  await assertCheap(
    [...UNITS, 'user ', 'unknown ', 'misspel', 'no such ', 'a\n', '550 ', '550-a\n', 'is '].flatMap((unit) =>
      ['550 ', '550 user ', '550 unknown ', '550 misspel', '550 relay', '550 service is '].map(
        (first): [string, () => unknown] => [`${first}${unit}`, () => isAboutMailbox(first + repeated(unit, 100_000))],
      ),
    ),
  );
});
