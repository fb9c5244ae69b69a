import { readFile } from 'node:fs/promises';
import { Parser } from '@asyncapi/parser';
import { compile } from 'json-schema-to-typescript';
import type { Json } from './json.ts';
import { bundle } from './redocly.ts';
import { resolved } from './resolve.ts';

/** The document in one piece, with everything below its channels in full. Operations keep their references: the format wants them. */
export async function eventDocument(file: string): Promise<Json> {
  const document = await bundle(file);
  return { ...document, channels: resolved(document, document.channels), components: undefined };
}

/** The format is 3.0 on purpose: not all tools that read it know 3.1. */
const NOT_ASKED = 'asyncapi-latest-version';

/** Throws with the findings, if there are any. */
export async function checkEventDocument(file: string): Promise<void> {
  const { diagnostics } = await new Parser().parse(await readFile(file, 'utf8'), { source: file });
  const findings = diagnostics
    .filter(({ code }) => code !== NOT_ASKED)
    .map(({ path, message }) => `  ${path.join('.')}: ${message}`);
  if (findings.length > 0) throw new Error([`${file}:`, ...findings].join('\n'));
}

/** The messages as types: what a consumer gets, and what a producer has to give. */
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

/** The topics as values: what an installation makes. */
export function channelsSource(document: Json): string {
  const channels = Object.entries<Json>(document.channels).map(([id, channel]) => [id, topicOf(channel)]);
  return `
    /** The channels by their ids: the topic of each, and how it is made. */
    export const eventDocument = { channels: ${JSON.stringify(Object.fromEntries(channels))} } as const;`;
}

function topicOf({ address, bindings: { kafka } }: Json): Json {
  // A broker is told text.
  const configuration = Object.entries(kafka.topicConfiguration).map(([name, value]) => [name, String(value)]);
  return {
    address,
    partitions: kafka.partitions,
    replicas: kafka.replicas,
    topicConfiguration: Object.fromEntries(configuration),
  };
}

/** A dead letter is none: it has the headers and the bytes of whatever it was before. */
function isEvent({ name }: Json): boolean {
  return name !== 'DeadLetter';
}
