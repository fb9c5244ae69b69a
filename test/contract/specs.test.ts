/** Rules that every operation and every event of the documents keeps. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import eventDocumentJson from '../../specs/generated/preferable/asyncapi.json' with { type: 'json' };
import { problemKinds, type ProblemKind } from '../../specs/generated/problems.ts';
import { outdated } from '../../tools/specs/generate.ts';
import { objectsIn, type Json } from '../../tools/specs/json.ts';
import { ajv, api, parameters, schemas } from '../support/requests/bounds.ts';

const operations = Object.entries<Json>(api.paths).flatMap(([path, item]) =>
  Object.entries<Json>(item).map(([method, operation]) => ({ operation, title: `${method} ${path}` })),
);
const answers = operations.flatMap(({ operation, title }) =>
  Object.entries<Json>(operation.responses).map(([status, response]) => ({
    status: Number(status),
    response,
    title: `${title} ${status}`,
  })),
);
const channels: Array<[string, Json]> = Object.entries(eventDocumentJson.channels);
const eventChannels = channels.filter(([id]) => !id.endsWith('.dead-letters'));

test('the generated files are up to date with the contracts', async () => {
  assert.deepEqual(await outdated(), []);
});

test('every operation has a unique id, a summary, a described tag and its callers', () => {
  const tags = api.tags.map(({ name }: Json) => name);
  for (const { operation, title } of operations) {
    assert.ok(operation.operationId && operation.summary && operation.security, title);
    assert.ok(operation.tags.length === 1 && tags.includes(operation.tags[0]), title);
  }
  assert.equal(new Set(operations.map(({ operation }) => operation.operationId)).size, operations.length);
});

test('every refusal is problem+json of exactly the kinds it lists, each with the right status', () => {
  for (const { status, response, title } of answers.filter(({ status }) => status >= 400)) {
    const kinds = response['x-problems'] as ProblemKind[];
    assert.deepEqual(Object.keys(response.content), ['application/problem+json'], title);
    assert.deepEqual(
      typesIn(response.content['application/problem+json'].schema),
      kinds.map((kind) => `/problems/${kind}`),
      title,
    );
    for (const kind of kinds) assert.equal(problemKinds[kind].status, status, `${title}: ${kind}`);
  }
});

test('every problem kind is used by some answer', () => {
  const used = [api['x-problems'], ...answers.map(({ response }) => response['x-problems'] ?? [])].flat();
  assert.deepEqual([...new Set(used)].toSorted(), Object.keys(problemKinds).toSorted());
});

test('every answer carries the correlation id, and every answer after which to retry carries Retry-After', () => {
  for (const { status, response, title } of answers) {
    assert.ok(response.headers['X-Correlation-Id'].required, title);
    const retryLater = [202, 429, 502, 503, 504].includes(status) || response['x-problems']?.includes('in-progress');
    assert.equal(response.headers['Retry-After'] !== undefined, Boolean(retryLater), title);
  }
});

test('money moves only under a key', () => {
  for (const id of ['replenish', 'withdraw']) {
    const { operation } = operations.find(({ operation }) => operation.operationId === id)!;
    const key = operation.parameters.find(({ name }: Json) => name === 'Idempotency-Key');
    assert.ok(key.required, id);
    assert.ok(operation.responses['400']['x-problems'].includes('idempotency-key-missing'), id);
    assert.ok(operation.responses['422'], id);
  }
});

test('every event has a topic with its name, a required key in its payload, and a dead-letter topic', () => {
  const topics = channels.map(([, { address }]) => address);
  for (const [id, { address, messages }] of eventChannels) {
    const [[name, message]] = Object.entries<Json>(messages) as [[string, Json]];
    assert.equal(address, id.replace('/', '.'));
    assert.equal(address.split('.').at(-1), name);
    assert.ok(topics.includes(`${address}.dead-letters`), id);
    assert.ok(message.payload.required.includes(message['x-key']), id);
    assert.equal(message.payload.additionalProperties, false, id);
    assert.equal(message.headers.allOf.at(-1).properties.eventType.const, name);
  }
});

test('every event is sent, every received one has a dead-letter operation, and no operation names an unknown channel', () => {
  const actions = Object.values<Json>(eventDocumentJson.operations).map(
    ({ action, channel }) => `${action} ${channel.$ref.split('/').at(-1).replace('~1', '/')}`,
  );
  for (const [id] of eventChannels) {
    assert.ok(actions.includes(`send ${id}`), id);
    assert.equal(actions.includes(`send ${id}.dead-letters`), actions.includes(`receive ${id}`), id);
  }
  assert.deepEqual(
    actions.filter((action) => !channels.some(([id]) => action.endsWith(` ${id}`))),
    [],
  );
});

test('only the profile event may have a null payload', () => {
  const messages = eventChannels.flatMap(([, { messages }]) => Object.entries<Json>(messages));
  const nullable = messages.filter(([, { payload }]) => payload.type.includes('null'));
  assert.deepEqual(
    nullable.map(([name]) => name),
    ['UserUpdated'],
  );
});

test('every topic has at least three replicas, and an explicit retention or compaction time', () => {
  for (const [id, { bindings }] of channels) {
    const { partitions, replicas, topicConfiguration } = bindings.kafka;
    assert.ok(partitions >= 1 && replicas >= 3 && topicConfiguration['min.insync.replicas'] === replicas - 1, id);
    assert.ok(topicConfiguration['retention.ms'] ?? topicConfiguration['max.compaction.lag.ms'], id);
  }
});

test('every schema of both documents compiles in strict mode', () => {
  for (const schema of [
    ...Object.values<Json>(schemas),
    ...Object.values<Json>(parameters).map(({ schema }) => schema),
  ])
    ajv.compile(schema);
  for (const { payload, headers } of objectsIn(eventDocumentJson))
    for (const each of [payload, headers].filter(Boolean)) ajv.compile(each);
});

test('every object schema forbids unknown properties, so that a misspelt one is never silently ignored', () => {
  const open = [...objectsIn(schemas)].filter(
    ({ type, properties, additionalProperties }) => type === 'object' && properties && additionalProperties !== false,
  );
  const partsOfOthers = ['PaidOrder', 'OpenOrder', 'CancelledOrder', 'OrderBeingCancelled'].map(
    (name) => schemas[name].allOf[1],
  );
  assert.deepEqual(new Set(open), new Set(partsOfOthers));
});

function typesIn(schema: Json): string[] {
  return (schema.oneOf ?? [schema]).map(({ properties }: Json) => properties.type.const);
}
