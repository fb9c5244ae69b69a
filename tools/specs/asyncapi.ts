import { readFile } from 'node:fs/promises';
import { Parser } from '@asyncapi/parser';
import { compile } from 'json-schema-to-typescript';
import type { Json } from './json.ts';
import { bundle } from './redocly.ts';
import { resolveReferences } from './resolve.ts';

/** The bundled document. References in channels are resolved; AsyncAPI requires those in operations to stay. */
export async function eventDocument(file: string): Promise<Json> {
  const document = await bundle(file);
  return { ...document, channels: resolveReferences(document, document.channels), components: undefined };
}

/** This finding asks for AsyncAPI 3.1, which some tools do not support. */
const IGNORED_FINDING = 'asyncapi-latest-version';

/** If there are findings, throws an error that lists them. */
export async function checkEventDocument(file: string): Promise<void> {
  const { diagnostics } = await new Parser().parse(await readFile(file, 'utf8'), { source: file });
  const findings = diagnostics
    .filter(({ code }) => code !== IGNORED_FINDING)
    .map(({ path, message }) => `  ${path.join('.')}: ${message}`);
  if (findings.length > 0) throw new Error([`${file}:`, ...findings].join('\n'));
}

/** Types of all event payloads. */
export async function eventTypes(document: Json): Promise<string> {
  const events = Object.values<Json>(document.channels).flatMap(({ messages }) =>
    Object.entries<Json>(messages).filter(([, message]) => isEvent(message)),
  );
  const properties = Object.fromEntries(events.map(([name, { payload }]) => [name, { title: name, ...payload }]));
  const schema: Parameters<typeof compile>[0] = {
    type: 'object',
    additionalProperties: false,
    required: Object.keys(properties),
    properties,
  };
  const types = await compile(schema, 'Events', { bannerComment: '', format: false });
  return `${types}
    /** The name of an event, which is also its \`eventType\`. */
    export type EventName = keyof Events;`;
}

/** The source of `channels.ts`: the topics that an installation creates. */
export function channelsSource(document: Json): string {
  const channels = Object.entries<Json>(document.channels).map(([id, channel]) => [id, topicOf(channel)]);
  return `
    /** Each channel by id: its topic and the settings to create it with. */
    export const eventDocument = { channels: ${JSON.stringify(Object.fromEntries(channels))} } as const;`;
}

/** The source of `order-events.ts`: the event and the topic that announce each final status of an order. */
export function orderEventsSource(document: Json): string {
  const events = Object.values<Json>(document.channels).flatMap(({ 'x-announces': status, address, messages }) =>
    status ? [[status, { name: Object.keys(messages)[0]!, topic: address }] as const] : [],
  );
  return `
    /** The event that announces each final status of an order, and its topic. */
    export const orderEvents = ${JSON.stringify(Object.fromEntries(events))} as const;

    export type OrderEventName = (typeof orderEvents)[keyof typeof orderEvents]['name'];`;
}

function topicOf({ address, bindings: { kafka } }: Json): Json {
  // Kafka takes configuration values as strings.
  const configuration = Object.entries(kafka.topicConfiguration).map(([name, value]) => [name, String(value)]);
  return {
    address,
    partitions: kafka.partitions,
    replicas: kafka.replicas,
    topicConfiguration: Object.fromEntries(configuration),
  };
}

/** A dead letter is not an event: it has the headers and bytes of another topic's message. */
function isEvent({ name }: Json): boolean {
  return name !== 'DeadLetter';
}
