import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import { oneOf, text, textOr } from './config.ts';

/** How Temporal is reached: a dev server, a cluster of one's own or Temporal Cloud, by address alone. */
export interface TemporalAddress {
  address: string;
  namespace: string;
  apiKey?: string | undefined;
  tls: boolean;
}

/** The readers of a role that talks to Temporal. */
export const temporalReaders = {
  address: text('TEMPORAL_ADDRESS'),
  namespace: textOr('TEMPORAL_NAMESPACE', 'default'),
  taskQueue: textOr('TEMPORAL_TASK_QUEUE', 'orders'),
  apiKey: textOr('TEMPORAL_API_KEY', undefined),
  tlsMode: oneOf('TEMPORAL_TLS', ['on', 'off', 'auto'], 'auto'),
};

export const toAddress = ({
  address,
  namespace,
  apiKey,
  tlsMode,
}: {
  address: string;
  namespace: string;
  apiKey: string | undefined;
  tlsMode: string;
}): TemporalAddress => ({
  address,
  namespace,
  apiKey,
  // Temporal Cloud takes an API key over TLS only.
  tls: tlsMode === 'on' || (tlsMode === 'auto' && apiKey !== undefined),
});

export interface Temporal {
  client: Client;
  /** Resolves when the server answers for the namespace. */
  check(): Promise<void>;
  close(): Promise<void>;
}

const CHECK_TIMEOUT_MS = 2_000;

/** A client that connects on its first call, so that a role starts while Temporal is away. */
export function createTemporal({ address, namespace, apiKey, tls }: TemporalAddress): Temporal {
  const options: ConnectionOptions = { address, tls, ...(apiKey && { apiKey }), grpcCompression: { codec: 'none' } } as ConnectionOptions;
  const connection = Connection.lazy(options);
  const client = new Client({ connection, namespace });
  return {
    client,
    check: async () => {
      await connection.withDeadline(Date.now() + CHECK_TIMEOUT_MS, () => connection.workflowService.describeNamespace({ namespace }));
    },
    close: () => connection.close(),
  };
}
