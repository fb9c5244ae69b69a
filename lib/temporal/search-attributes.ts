import proto from '@temporalio/proto';
import { searchAttributes } from '../../specs/temporal.ts';
import { shareCalls } from '../shared-answer.ts';

const { IndexedValueType } = proto.temporal.api.enums.v1;

/** What this module needs of a connection. The client's and the worker's connection both have it. */
export interface OperatorConnection {
  withDeadline<T>(deadline: number | Date, act: () => Promise<T>): Promise<T>;
  operatorService: {
    listSearchAttributes(request: { namespace: string }): Promise<{ customAttributes?: Registered | null }>;
    addSearchAttributes(request: { namespace: string; searchAttributes: Registered }): Promise<unknown>;
  };
}

/** Maps names of search attributes to their types, as numbers of Temporal's API. */
type Registered = Record<string, number>;

const LIST_WITHIN_MS = 2_000;
const CACHED_MS = 3_000;
/**
 * gRPC's PERMISSION_DENIED, UNIMPLEMENTED and UNAUTHENTICATED. Temporal Cloud lets only administrators list attributes.
 */
const NOT_PERMITTED: readonly unknown[] = [7, 12, 16];

const needed = Object.values(searchAttributes);
const typeOf = (type: (typeof needed)[number]['type']): number => IndexedValueType[`INDEXED_VALUE_TYPE_${type}`];

/**
 * Returns a check that rejects if the namespace lacks search attributes or has one with another type, because Temporal
 * then refuses to start any order's workflow. The error names them. Without the permission to list them, the check
 * resolves.
 */
export function createAttributeCheck(connection: OperatorConnection, namespace: string): () => Promise<void> {
  const list = async (): Promise<Registered | undefined> => {
    try {
      return await connection.withDeadline(Date.now() + LIST_WITHIN_MS, () => listAttributes(connection, namespace));
    } catch (error) {
      if (NOT_PERMITTED.includes((error as { code?: unknown }).code)) return undefined;
      throw error;
    }
  };
  const shared = shareCalls(list, CACHED_MS);
  return async () => {
    const registered = await shared();
    const faults = registered ? faultsIn(registered) : [];
    if (faults.length > 0)
      throw new Error(
        `Temporal's namespace "${namespace}" lacks search attributes, so orders wait: register ${faults.join(', ')}`,
      );
  };
}

/** Registers the search attributes that the namespace lacks, and returns their names. */
export async function registerMissing(connection: OperatorConnection, namespace: string): Promise<string[]> {
  const registered = await listAttributes(connection, namespace);
  const missing = needed.filter(({ name }) => !(name in registered));
  if (missing.length > 0)
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map(({ name, type }) => [name, typeOf(type)])),
    });
  return missing.map(({ name }) => name);
}

const listAttributes = async ({ operatorService }: OperatorConnection, namespace: string): Promise<Registered> =>
  (await operatorService.listSearchAttributes({ namespace })).customAttributes ?? {};

const faultsIn = (registered: Registered): string[] =>
  needed
    .filter(({ name, type }) => registered[name] !== typeOf(type))
    .map(({ name, type }) => {
      const other = registered[name];
      return other === undefined ? `${name} (${type})` : `${name} (${type}; it is ${nameOf(other)})`;
    });

const nameOf = (type: number): string => IndexedValueType[type]?.replace('INDEXED_VALUE_TYPE_', '') ?? `type ${type}`;
