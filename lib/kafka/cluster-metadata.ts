import { createRequire } from 'node:module';

interface Protocol {
  response: { parse(data: unknown): Promise<unknown> };
}

interface Broker {
  lookupRequest(...which: unknown[]): (input: unknown) => Protocol;
  metadata(topics?: readonly string[]): Promise<unknown>;
}

/**
 * To open a producer, kafkajs 2.2.4 asks for the metadata of all topics in the cluster, and fails if one of them has a
 * fault, such as a partition without a leader. It only needs the list of brokers. This patch ignores the faults of
 * topics in that case. A request that names its topics still fails.
 */
const { prototype } = createRequire(import.meta.url)('kafkajs/src/broker') as { prototype: Broker };
const { metadata } = prototype;
prototype.metadata = function metadataOf(this: Broker, topics = []) {
  if (topics.length > 0) return metadata.call(this, topics);
  const tolerant = Object.create(this) as Broker;
  tolerant.lookupRequest = (...which) => {
    const protocolOf = this.lookupRequest(...which);
    return (input) => {
      const protocol = protocolOf(input);
      return { ...protocol, response: { ...protocol.response, parse: async (data: unknown) => data } };
    };
  };
  return metadata.call(tolerant, topics);
};
