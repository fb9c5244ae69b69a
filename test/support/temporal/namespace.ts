import { randomUUID } from 'node:crypto';
import { createTemporal, type Temporal } from '../../../lib/temporal/client.ts';
import type { OperatorConnection } from '../../../lib/temporal/search-attributes.ts';
import { eventually } from '../eventually.ts';
import { env } from './server.ts';

export interface TestNamespace {
  name: string;
  temporal: Temporal;
  /** Registers search attributes, by the numbers of their types in Temporal's API. */
  register(searchAttributes: Record<string, number>): Promise<unknown>;
  connection: OperatorConnection;
}

const DAY_S = 86_400;

/** Creates a namespace without search attributes on the test run's server. */
export async function createNamespace(): Promise<TestNamespace> {
  const name = `test-${randomUUID()}`;
  const temporal = createTemporal({ address: env('TEMPORAL_ADDRESS'), namespace: name, tls: false });
  const { workflowService } = temporal.client.connection;
  await workflowService.registerNamespace({
    namespace: name,
    workflowExecutionRetentionPeriod: { seconds: DAY_S as never },
  });
  await eventually(() => temporal.check());
  const connection = temporal.client.connection as unknown as OperatorConnection;
  return {
    name,
    temporal,
    connection,
    register: (searchAttributes) =>
      connection.operatorService.addSearchAttributes({ namespace: name, searchAttributes }),
  };
}
