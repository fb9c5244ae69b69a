import { group, readConfig, type Env } from '../lib/config.ts';
import { databaseAdvice, isAway } from '../lib/database-faults.ts';
import { reasonOf } from '../lib/reason.ts';
import { temporalReaders } from '../lib/temporal/client.ts';
import { sagaReaders } from '../roles/orders.ts';
import { databaseUrl } from '../roles/role.ts';
import { withInstallation, type Installation } from './installation.ts';

/** What a command that acts on orders needs. */
export interface Tools {
  store: ReturnType<Installation['store']>;
  saga: ReturnType<Installation['saga']>;
  temporal: ReturnType<Installation['temporal']>;
  taskQueue: string;
  journal: ReturnType<Installation['journal']>;
}

/** Reports all mistakes in the settings at once, and names the orders database if it does not answer. */
export async function withTools<T>(env: Env, act: (tools: Tools) => Promise<T>): Promise<T> {
  readConfig(env, {
    ...sagaReaders,
    ordersUrl: databaseUrl('orders'),
    temporal: group(temporalReaders),
  });
  return withInstallation(env, async ({ store, saga, temporal, taskQueue, journal }) => {
    try {
      return await act({
        store: store(),
        saga: saga(),
        temporal: temporal(),
        taskQueue: taskQueue(),
        journal: journal(),
      });
    } catch (error) {
      if (!isAway(error)) throw error;
      const advice = databaseAdvice(error);
      throw new Error(
        advice === undefined
          ? `the orders database does not answer: ${reasonOf(error)}`
          : `the orders database refused a statement: ${reasonOf(error)}. ${advice}`,
        { cause: error },
      );
    }
  });
}
