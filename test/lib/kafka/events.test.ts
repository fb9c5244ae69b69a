/** Events are written exactly as the document says, and read as far as this release knows them. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { createEventCodec, UnprocessableMessage, type Event } from '../../../lib/kafka/events.ts';
import asyncapi from '../../../specs/generated/preferable/asyncapi.json' with { type: 'json' };

const TOPIC = 'order-service.OrderRejected';

const rejected = (payload: object = {}, extra: Record<string, string> = {}): Event => ({
  id: randomUUID(),
  type: 'OrderRejected',
  topic: TOPIC,
  key: 'a',
  payload: { orderId: randomUUID(), userId: randomUUID(), reason: 'deadline', ...payload },
  correlationId: 'test',
  extra,
});

const codec = createEventCodec(asyncapi);

/** The message as another release writes it. */
function received({ payload = {}, headers = {} }: { payload?: object; headers?: Record<string, string> }) {
  const message = codec.encode(rejected());
  const value = Buffer.from(JSON.stringify({ ...JSON.parse(String(message.value)), ...payload }));
  return { topic: TOPIC, key: Buffer.from('a'), value, headers: { ...message.headers, ...headers } };
}

test('an event with an unknown property is not written', () => {
  assert.throws(() => codec.encode(rejected({ price: 5 })), /violates its AsyncAPI document/);
});

for (const [what, newer] of [
  ['an unknown property', { payload: { price: 5 } }],
  ['an unknown nested property', { payload: { shop: { city: { name: 'Riga' } } } }],
  ['an unknown header', { headers: { region: 'eu' } }],
  ['a newer minor version', { headers: { schemaVersion: '1.7' } }],
  ['a newer minor and patch version', { headers: { schemaVersion: '1.10.3' } }],
] as const) {
  test(`an event with ${what} is read`, () => {
    const { type, payload } = codec.decode(received(newer));
    assert.deepEqual([type, (payload as { reason: string }).reason], ['OrderRejected', 'deadline']);
  });
}

for (const [what, broken] of [
  ['a newer major version', { headers: { schemaVersion: '2' } }],
  ['a newer major version with a minor one', { headers: { schemaVersion: '2.1' } }],
  ['a major version that begins with the same digit', { headers: { schemaVersion: '10' } }],
  ['a version that is no number', { headers: { schemaVersion: '1.x' } }],
  ['an empty version', { headers: { schemaVersion: '' } }],
  ['another type in its headers', { headers: { eventType: 'OrderCreated' } }],
  ['a missing property', { payload: { userId: undefined } }],
  ['a property of the wrong type', { payload: { orderId: 5 } }],
  ['an unknown value of an enumeration', { payload: { reason: 'weather' } }],
  ['both an unknown and a missing property', { payload: { price: 5, reason: undefined } }],
] as const) {
  test(`an event with ${what} cannot be processed`, () => {
    assert.throws(() => codec.decode(received(broken)), UnprocessableMessage);
  });
}

test('unknown properties are ignored at any depth of a document', () => {
  const item = {
    type: 'object',
    additionalProperties: false,
    required: ['id'],
    properties: { id: { type: 'string' } },
  };
  const payload = {
    type: 'object',
    unevaluatedProperties: false,
    required: ['items'],
    properties: { items: { type: 'array', items: item }, buyer: item },
  };
  const nested = createEventCodec({
    channels: { a: { address: TOPIC, messages: { OrderRejected: { headers: {}, payload } } } },
  });
  const write = (content: object) => nested.encode({ ...rejected(), payload: content });
  const read = (content: object) =>
    nested.decode({ ...received({}), value: Buffer.from(JSON.stringify(content)) }).payload;
  const known = { items: [{ id: 'a' }], buyer: { id: 'b' } };
  const newer = [
    { ...known, shop: 1 },
    { ...known, items: [{ id: 'a', count: 2 }] },
    { ...known, buyer: { id: 'b', age: 30 } },
  ];
  write(known);
  for (const content of newer) {
    assert.throws(() => write(content), /violates its AsyncAPI document/);
    assert.deepEqual(read(content), content);
  }
  assert.throws(() => read({ items: [{ count: 2 }] }), UnprocessableMessage);
});
