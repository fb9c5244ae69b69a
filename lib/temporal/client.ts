import { Client, Connection, WorkflowNotFoundError, type ConnectionOptions } from '@temporalio/client';
import { DEFAULT_TASK_QUEUE } from '../../specs/temporal.ts';
import { oneOf, text, textOr, type Config } from '../config.ts';
import { dataConverterOf } from './data-converter.ts';
import { decryptInPlace } from './decrypt.ts';
import { createPayloadCodec, payloadKeys, type PayloadKeys } from './payload-codec.ts';
import { createAttributeCheck } from './search-attributes.ts';

/** A dev server, your own cluster or Temporal Cloud. */
export interface TemporalAddress {
  address: string;
  namespace: string;
  apiKey?: string | undefined;
  tls: boolean;
  /** Encrypt payloads and failures; if unset, they stay plain. */
  payloadKeys?: PayloadKeys | undefined;
}

export const temporalReaders = {
  address: text('TEMPORAL_ADDRESS', 'host and port of Temporal'),
  namespace: textOr('TEMPORAL_NAMESPACE', 'namespace in Temporal', 'default'),
  taskQueue: textOr('TEMPORAL_TASK_QUEUE', 'task queue of the workflows and activities', DEFAULT_TASK_QUEUE),
  apiKey: textOr('TEMPORAL_API_KEY', 'for Temporal Cloud', undefined),
  tlsMode: oneOf('TEMPORAL_TLS', '`on`, `off`, or `auto`: on with an API key', ['on', 'off', 'auto'], 'auto'),
  payloadKeys,
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
  // Temporal Cloud accepts an API key over TLS only.
  tls: tlsMode === 'on' || (tlsMode === 'auto' && apiKey !== undefined),
  payloadKeys,
});

export interface Temporal {
  client: Client;
  /** Rejects, naming the address, if the server does not answer for the namespace. */
  check(): Promise<void>;
  /** Like `check`. Also rejects if the namespace lacks search attributes, without which no order can start. */
  checkForOrders(): Promise<void>;
  decryptInPlace(response: unknown): Promise<void>;
  close(): Promise<void>;
}

const CHECK_TIMEOUT_MS = 2_000;

/** Connects on the first call, so that a role can start while Temporal is down. */
export function createTemporal({ address, namespace, apiKey, tls, payloadKeys: keys }: TemporalAddress): Temporal {
  const options: ConnectionOptions = {
    address,
    tls,
    ...(apiKey && { apiKey }),
    grpcCompression: { codec: 'none' },
  } as ConnectionOptions;
  const connection = Connection.lazy(options);
  const client = new Client({ connection, namespace, dataConverter: dataConverterOf(keys) });
  const checkAttributes = createAttributeCheck(connection, namespace);
  const check = async () => {
    const described = connection.withDeadline(Date.now() + CHECK_TIMEOUT_MS, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
    await described.catch((cause: Error) => {
      throw new Error(`Temporal at ${address} does not answer: ${cause.message}`, { cause });
    });
  };
  return {
    client,
    check,
    checkForOrders: async () => void (await Promise.all([check(), checkAttributes()])),
    decryptInPlace: async (response) => {
      if (keys) await decryptInPlace(response, createPayloadCodec(keys));
    },
    close: () => connection.close(),
  };
}

/** Resolves with undefined if the workflow does not exist. */
export const ifFound = <T>(response: Promise<T>): Promise<T | undefined> =>
  response.catch((error: unknown) => {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  });
