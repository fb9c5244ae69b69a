/** What the order service refuses without writing anything. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { asService, asUser } from '../../support/requests/callers.ts';
import { outcomeOf } from '../../support/requests/contract-client.ts';
import { assertDocumented } from '../../support/requests/openapi.ts';
import { buyer, orders } from '../../support/shop/ordering.ts';

const KEY = '5f0f8a3e-0c1d-4b9e-8f1a-2d3c4b5a6978';

const refused: { what: string; headers?: Record<string, string>; body?: unknown; outcome: string }[] = [
  { what: 'with neither a version nor a key', headers: {}, outcome: '428 precondition-missing' },
  { what: 'at any version without a key', headers: { 'if-match': '*' }, outcome: '428 precondition-missing' },
  ...['-1', '01', '1.0', '2147483647', 'W/0', '"0', '"*"', '"0", "1"', 'x', '1e3'].map((ifMatch) => ({
    what: `at version ${ifMatch}`,
    headers: { 'if-match': ifMatch },
    outcome: '400 bad-request',
  })),
  ...['x', '1', '""', KEY.slice(1), `${KEY}0`, `"${KEY}`].map((key) => ({
    what: `under the key ${key}`,
    headers: { 'idempotency-key': key },
    outcome: '400 idempotency-key-malformed',
  })),
  ...[0, -1, 1.5, 9007199254740992, '5', null, true, [5], undefined].map((price) => ({
    what: `at the price ${JSON.stringify(price)}`,
    body: { price },
    outcome: '400 bad-request',
  })),
  ...[
    '{"price":1e400}',
    '{"price":5.0000000000000001}',
    '{"price":9007199254740993}',
    '{"price":5,"price":6}',
    '{"price":5,"__proto__":{}}',
    '{"price":',
    '5',
    'null',
    '[]',
    '',
  ].map((body) => ({ what: `of ${body}`, body, outcome: '400 bad-request' })),
  { what: 'with an unknown property', body: { price: 5, status: 'SUCCESS' }, outcome: '400 bad-request' },
  { what: 'for another user', body: { price: 5, userId: randomUUID() }, outcome: '403 not-your-account' },
  { what: 'for a malformed user id', body: { price: 5, userId: 'me' }, outcome: '400 bad-request' },
  { what: 'that is too large', body: { price: 5, pad: 'x'.repeat(16 * 1024) }, outcome: '413 payload-too-large' },
  {
    what: 'as a form',
    headers: { 'if-match': '0', 'content-type': 'application/x-www-form-urlencoded' },
    body: 'price=5',
    outcome: '415 unsupported-media-type',
  },
  {
    what: 'as text',
    headers: { 'if-match': '0', 'content-type': 'text/plain' },
    body: '{"price":5}',
    outcome: '415 unsupported-media-type',
  },
  { what: 'without a token', headers: { 'if-match': '0', authorization: '' }, outcome: '401 unauthenticated' },
  {
    what: 'with an invalid token',
    headers: { 'if-match': '0', authorization: 'Bearer x.y.z' },
    outcome: '401 unauthenticated',
  },
  { what: 'from a service', headers: { 'if-match': '0', ...asService('worker') }, outcome: '403 forbidden' },
];

for (const { what, headers = { 'if-match': '0' }, body, outcome } of refused) {
  test(`an order ${what} is refused, and nothing is written`, async () => {
    assert.equal(outcomeOf(await orders.place(buyer, headers, body)), outcome);
    assert.deepEqual(await orders.database.query('select from orders where owner_id = $1', [buyer]), []);
  });
}

test('a list with invalid paging parameters, from a service or with a wrong method is refused', async () => {
  for (const query of [
    '?limit=0',
    '?limit=101',
    '?limit=x',
    '?limit=1.5',
    '?before=0',
    '?before=-1',
    '?before=x',
    '?limit=1&limit=2',
  ])
    assert.equal(outcomeOf(await orders.list(buyer, query)), '400 bad-request', query);
  assert.equal(
    outcomeOf(await orders.ask('listOrders', 'GET', '/orders', { headers: asService('worker') })),
    '403 forbidden',
  );
  assert.equal(
    outcomeOf(await orders.ask(undefined, 'DELETE', '/orders', { headers: asUser(buyer) })),
    '405 method-not-allowed',
  );
});

test('the service knows only the documented spelling of a path, as the gateway does', async () => {
  for (const path of [
    '/orders/',
    '//orders',
    '/Orders',
    '/orders/%2e%2e',
    '/orders/a%2Fb',
    '/orders/%00',
    '/orders/%ff',
  ])
    assert.equal(
      outcomeOf(await orders.ask(undefined, 'GET', path, { headers: asUser(buyer) })),
      '404 not-found',
      path,
    );
});

test('a body that is not UTF-8 is refused', async () => {
  const body = Buffer.from('{"price":5,"userId":"\u00e4"}', 'latin1');
  const response = await fetch(`${orders.url}/orders`, {
    method: 'POST',
    headers: { ...asUser(buyer), 'if-match': '0', 'content-type': 'application/json' },
    body,
  });
  const refused = await assertDocumented('createOrder', response);
  assert.deepEqual(
    [refused.type, refused.detail],
    ['/problems/bad-request', 'The body is incomplete, or is not UTF-8'],
  );
});
