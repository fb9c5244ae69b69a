import { randomBytes, randomUUID } from 'node:crypto';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { createTemporal, type Temporal, type TemporalAddress } from '../../../lib/temporal/client.ts';
import type { PayloadKeys } from '../../../lib/temporal/payload-codec.ts';
import type { Activities } from '../../../specs/temporal.ts';
import { bundleWorkflows, hostWorkflows } from '../../../worker/host.ts';
import { env } from './server.ts';

/** Returns keys in the order of `ids`. The same id always returns the same key. */
export const keysOf = (...ids: string[]): PayloadKeys => new Map(ids.map((id) => [id, (made[id] ??= randomBytes(32))]));
const made: Record<string, Uint8Array> = {};

const addressWith = (payloadKeys?: PayloadKeys): TemporalAddress => ({
  address: env('TEMPORAL_ADDRESS'),
  namespace: 'default',
  tls: false,
  payloadKeys,
});

/** Runs `act` with a Temporal client that has these keys. */
export async function withClient<T>(
  keys: PayloadKeys | undefined,
  act: (temporal: Temporal) => Promise<T>,
): Promise<T> {
  const temporal = createTemporal(addressWith(keys));
  try {
    return await act(temporal);
  } finally {
    await temporal.close();
  }
}

export const newTaskQueue = (): string => `test-${randomUUID()}`;

/** Hosts the workflows, as the worker role does, while `act` runs. */
export async function whileHosted<T>(
  keys: PayloadKeys | undefined,
  taskQueue: string,
  activities: Activities,
  act: () => Promise<T>,
): Promise<T> {
  const workflowBundle = await (bundles[keys ? 'encrypted' : 'plain'] ??= bundleWorkflows({ payloadKeys: keys }));
  const host = await hostWorkflows({ ...addressWith(keys), taskQueue, activities, workflowBundle, onEnd: () => {} });
  try {
    return await act();
  } finally {
    await host.close();
  }
}
const bundles: Partial<Record<'encrypted' | 'plain', Promise<WorkflowBundleWithSourceMap>>> = {};

export interface Found<T> {
  path: string;
  value: T;
}

interface JsonFailure {
  message?: string;
  stackTrace?: string;
  encodedAttributes?: JsonPayload;
}

export interface JsonPayload {
  metadata: Record<string, string>;
  data: string;
}

/** Returns the history as the server stores it, read without a key. */
export async function rawHistory(workflowId: string): Promise<object> {
  return withClient(undefined, async ({ client }) => {
    const { history } = await client.workflowService.getWorkflowExecutionHistory({
      namespace: 'default',
      execution: { workflowId },
    });
    return JSON.parse(historyToJSON(history!)) as object;
  });
}

export const payloadsIn = (history: object): Array<Found<JsonPayload>> =>
  search(history, (value) => 'metadata' in value && 'data' in value);

/** Returns all failures of a raw history, including their causes. */
export const failuresIn = (history: object): Array<Found<JsonFailure>> =>
  search(history, (value) => 'message' in value && 'source' in value);

function search<T>(value: unknown, matches: (value: object) => boolean, path = ''): Array<Found<T>> {
  if (typeof value !== 'object' || value === null) return [];
  const here = matches(value) ? [{ path, value: value as T }] : [];
  return [...here, ...Object.entries(value).flatMap(([name, each]) => search<T>(each, matches, `${path}/${name}`))];
}

export const textOf = (base64: string | undefined): string => Buffer.from(base64 ?? '', 'base64').toString();
