import { Client, Connection, WorkflowNotFoundError, type ConnectionOptions } from '@temporalio/client';
import { oneOf, text, textOr, type Config } from './config.ts';
import { dataConverterOf } from './data-converter.ts';
import { createPayloadCodec, payloadKeys, type PayloadKeys } from './payload-codec.ts';
import { makeReadable } from './readable.ts';

/** How Temporal is reached: a dev server, a cluster of one's own or Temporal Cloud, by address alone. */
export interface TemporalAddress {
  address: string;
  namespace: string;
  apiKey?: string | undefined;
  tls: boolean;
  /** What payloads and failures are encrypted with. Without them, they are not. */
  payloadKeys?: PayloadKeys | undefined;
}

/** The readers of a role that talks to Temporal. */
export const temporalReaders = {
  address: text('TEMPORAL_ADDRESS'),
  namespace: textOr('TEMPORAL_NAMESPACE', 'default'),
  taskQueue: textOr('TEMPORAL_TASK_QUEUE', 'orders'),
  apiKey: textOr('TEMPORAL_API_KEY', undefined),
  tlsMode: oneOf('TEMPORAL_TLS', ['on', 'off', 'auto'], 'auto'),
  payloadKeys: payloadKeys('TEMPORAL_PAYLOAD_KEYS'),
};

export const toAddress = ({
  address,
  namespace,
  apiKey,
  tlsMode,
  payloadKeys,
}: Omit<Config<typeof temporalReaders>, 'taskQueue'>): TemporalAddress => ({
  address,
  namespace,
  apiKey,
  // Temporal Cloud takes an API key over TLS only.
  tls: tlsMode === 'on' || (tlsMode === 'auto' && apiKey !== undefined),
  payloadKeys,
});

export interface Temporal {
  client: Client;
  /** Resolves when the server answers for the namespace. Rejects with where it is, otherwise. */
  check(): Promise<void>;
  /** Decrypts what a raw answer of the server holds, such as a history, in place. */
  makeReadable(answer: unknown): Promise<void>;
  close(): Promise<void>;
}

const CHECK_TIMEOUT_MS = 2_000;

/** A client that connects on its first call, so that a role starts while Temporal is away. */
export function createTemporal({ address, namespace, apiKey, tls, payloadKeys: keys }: TemporalAddress): Temporal {
  const options: ConnectionOptions = {
    address,
    tls,
    ...(apiKey && { apiKey }),
    grpcCompression: { codec: 'none' },
  } as ConnectionOptions;
  const connection = Connection.lazy(options);
  const client = new Client({ connection, namespace, dataConverter: dataConverterOf(keys) });
  return {
    client,
    check: async () => {
      const asked = connection.withDeadline(Date.now() + CHECK_TIMEOUT_MS, () =>
        connection.workflowService.describeNamespace({ namespace }),
      );
      await asked.catch((cause: Error) => {
        throw new Error(`Temporal at ${address} does not answer: ${cause.message}`, { cause });
      });
    },
    makeReadable: async (answer) => {
      if (keys) await makeReadable(answer, createPayloadCodec(keys));
    },
    close: () => connection.close(),
  };
}

/** What was asked of a workflow; undefined when the server knows none with that id. */
export const ifKnown = <T>(asked: Promise<T>): Promise<T | undefined> =>
  asked.catch((error: unknown) => {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  });
