import assert from 'node:assert/strict';
import { test } from 'node:test';
import eventDocument from '../specs/generated/preferable/asyncapi.json' with { type: 'json' };
import { objectsIn, type Json } from '../tools/specs/json.ts';
import { ajv, bounds, headers, parameters, schemas } from './support/bounds.ts';

const ID = '0192f0c1-7a5e-7c3b-9d55-0d6a5b6c7d8e';
const order = { id: ID, userId: ID, price: 5, version: 1, status: 'SUCCESS', createdAt: '2026-11-22T18:09:27.123Z' };

bounds('what is told of an order', {
  schema: schemas.Order,
  like: order,
  taken: [
    {},
    { status: 'FAILED', reason: 'insufficient-funds' },
    { status: 'CANCELLED' },
    { status: 'CANCELLED', reason: 'buyer' },
  ],
  refused: [
    { status: 'FAILED' },
    { status: 'FAILED', reason: 'bad luck' },
    { status: 'SUCCESS', reason: 'deadline' },
    { status: 'IN_PROGRESS', reason: 'deadline' },
    { status: 'DONE' },
    { id: ID.toUpperCase() },
    { version: 2147483648 },
    { ownerId: ID },
  ],
});

bounds('an order that was made and paid', {
  schema: schemas.PaidOrder,
  like: order,
  taken: [{}, { status: 'CANCELLED' }],
  refused: [{ status: 'IN_PROGRESS' }, { status: 'FAILED', reason: 'deadline' }, { more: 1 }],
});

bounds('an order that was cancelled', {
  schema: schemas.CancelledOrder,
  like: { ...order, status: 'CANCELLED', reason: 'buyer' },
  taken: [{}, { reason: 'operator' }],
  refused: [
    { reason: undefined },
    { reason: 'deadline' },
    { status: 'SUCCESS', reason: undefined },
    { status: 'FAILED' },
    { more: 1 },
  ],
});

bounds('an order that is being cancelled', {
  schema: schemas.OrderBeingCancelled,
  like: order,
  taken: [{}, { status: 'IN_PROGRESS' }],
  refused: [{ status: 'CANCELLED' }, { status: 'FAILED', reason: 'deadline' }, { more: 1 }],
});

const event = (id: string, data = JSON.stringify(order)) => `id: ${id}\nevent: status\ndata: ${data}\n\n`;

bounds("an order's stream of events", {
  schema: schemas.OrderEventStream,
  taken: [
    '',
    event('1-SUCCESS'),
    `${event('1-IN_PROGRESS')}: still here\n\n:\n\n${event('1-SUCCESS')}`,
    event('2147483647-CANCELLED'),
    ...schemas.OrderEventStream.examples,
  ],
  refused: [
    event('"1-SUCCESS"'),
    event('0-SUCCESS'),
    event('1-DONE'),
    event('1-SUCCESS', ''),
    event('1-SUCCESS', '{\n}'),
    event('1-SUCCESS').trimEnd(),
    'data: {}\n\n',
  ],
});

bounds('how long an answer was held', {
  schema: headers.PreferenceApplied.schema,
  taken: ['wait=1', 'wait=9', 'wait=10', 'wait=30'],
  refused: ['wait=0', 'wait=31', 'wait=100', 'wait=05', 'wait', 'respond-async'],
});

bounds('what an order is at', {
  schema: headers.OrderVersion.schema,
  taken: ['"1-SUCCESS"', '"2147483647-IN_PROGRESS"'],
  refused: ['1-SUCCESS', 'W/"1-SUCCESS"', '"0-SUCCESS"', '"1"', '"1-DONE"'],
});

bounds('a session', {
  schema: schemas.Session,
  like: { id: ID, createdAt: '2026-11-22T18:09:27.123Z', expiresAt: '2026-11-29T18:09:27.123Z', current: true },
  taken: [{}, { current: false }],
  refused: [
    { current: undefined },
    { current: 'true' },
    { expiresAt: undefined },
    { expiresAt: 'soon' },
    { userId: ID },
    { tokenHash: 'x' },
  ],
});

bounds('the cookie of a session', {
  schema: headers.SessionCookie.schema,
  taken: ['', '; Secure'].map(
    (secure) => `session_id=${'A'.repeat(43)}; HttpOnly; SameSite=Lax; Path=/; Max-Age=3600${secure}`,
  ),
  refused: [
    'session_id=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0',
    `session_id=${'A'.repeat(43)}; SameSite=Lax; Path=/; Max-Age=3600`,
    `session_id=${'A'.repeat(43)}; HttpOnly; SameSite=None; Path=/; Max-Age=3600`,
    `session_id=${'A'.repeat(43)}; HttpOnly; SameSite=Lax; Path=/; Max-Age=3600; Domain=example`,
  ],
});

bounds('a cookie that is taken back', {
  schema: headers.SessionCookieCleared.schema,
  taken: ['session_id=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0'],
  refused: [
    'session_id=x; HttpOnly; SameSite=Lax; Path=/; Max-Age=0',
    'session_id=; HttpOnly; SameSite=Lax; Path=/',
    'other=; Max-Age=0',
  ],
});

bounds('what became of a cancelled withdrawal', {
  schema: schemas.WithdrawalCancelled,
  taken: [
    { outcome: 'REFUNDED', cause: 'buyer' },
    { outcome: 'CANCELLED', cause: 'deadline' },
    { outcome: 'DECLINED' },
  ],
  refused: [
    { outcome: 'REFUNDED' },
    { outcome: 'DECLINED', cause: 'buyer' },
    { outcome: 'CHARGED', cause: 'buyer' },
    { outcome: 'CANCELLED', cause: 'whim' },
  ],
});

bounds('a refusal', {
  schema: schemas.OrderFailedProblem,
  like: {
    type: '/problems/order-failed',
    title: schemas.OrderFailedProblem.properties.title.const,
    status: 409,
    detail: 'It was not charged in time.',
    instance: '/orders',
    correlationId: 'abc',
    orderId: ID,
    reason: 'deadline',
  },
  taken: [{}],
  refused: [
    { type: 'about:blank' },
    { status: 400 },
    { orderId: undefined },
    { reason: undefined },
    { correlationId: undefined },
    { stack: 'at …' },
  ],
});

bounds('the event of an order that was cancelled', {
  schema: eventDocument.channels['order-service/OrderCancelled'].messages.OrderCancelled.payload,
  like: { orderId: ID, userId: ID },
  taken: [{}],
  refused: [{ userId: undefined }, { reason: 'buyer' }, { orderId: null }],
});

bounds('the event of an order that failed', {
  schema: eventDocument.channels['order-service/OrderRejected'].messages.OrderRejected.payload,
  like: { orderId: ID, userId: ID, reason: 'deadline' },
  taken: [{}, { reason: 'insufficient-funds' }],
  refused: [{ reason: undefined }, { reason: 'buyer' }, { price: 5 }, { orderId: 'x' }],
});

bounds('the headers of an event', {
  schema: eventDocument.channels['user-service/UserUpdated'].messages.UserUpdated.headers,
  like: {
    eventId: ID,
    eventType: 'UserUpdated',
    schemaVersion: '1',
    correlationId: 'abc',
    'content-type': 'application/json',
    profileVersion: '3',
  },
  taken: [{}, { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }, { 'x-other': 'kept' }],
  refused: [
    { eventType: 'OrderCreated' },
    { schemaVersion: '2' },
    { eventId: undefined },
    { profileVersion: undefined },
    { traceparent: 'x' },
  ],
});

test('every schema of every document can be checked strictly', () => {
  for (const schema of [
    ...Object.values<Json>(schemas),
    ...Object.values<Json>(parameters).map(({ schema }) => schema),
  ])
    ajv.compile(schema);
  for (const { payload, headers } of objectsIn(eventDocument))
    for (const each of [payload, headers].filter(Boolean)) ajv.compile(each);
});

test('every object is closed, so that a misspelt property is never silently dropped', () => {
  const open = [...objectsIn(schemas)].filter(
    ({ type, properties, additionalProperties }) => type === 'object' && properties && additionalProperties !== false,
  );
  const partsOfOthers = ['PaidOrder', 'OpenOrder', 'CancelledOrder', 'OrderBeingCancelled'].map(
    (name) => schemas[name].allOf[1],
  );
  assert.deepEqual(new Set(open), new Set(partsOfOthers));
});
