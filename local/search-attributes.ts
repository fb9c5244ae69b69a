import { temporalReaders, toAddress, createTemporal } from '../lib/temporal.ts';
import { readConfig } from '../lib/config.ts';
import type { Env } from '../lib/config.ts';
import { SetupError } from './setup-error.ts';

/** What an operator searches orders by in the Temporal Web UI. */
export const searchAttributes = { OrderStatus: 'Keyword', OrderOwner: 'Keyword', OrderStuck: 'Keyword' } as const;

/** `Keyword` as Temporal's API numbers it. */
const KEYWORD = 2;
const CALL_WITHIN_MS = 10_000;

/** Registers the search attributes that a Temporal of one's own lacks, and answers their names. May be repeated. */
export async function registerSearchAttributes(env: Env): Promise<string[]> {
  const address = toAddress(readConfig(env, temporalReaders));
  const { client, close } = createTemporal(address);
  const { namespace } = address;
  const { operatorService } = client.connection as unknown as { operatorService: OperatorService };
  try {
    return await client.connection.withDeadline(Date.now() + CALL_WITHIN_MS, async () => {
      const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
      const missing = Object.keys(searchAttributes).filter((name) => !(name in (customAttributes ?? {})));
      if (missing.length === 0) return [];
      await operatorService.addSearchAttributes({
        namespace,
        searchAttributes: Object.fromEntries(missing.map((name) => [name, KEYWORD])),
      });
      return missing;
    });
  } catch (cause) {
    const wanted = Object.entries(searchAttributes).map(([name, type]) => `${name}=${type}`);
    throw new SetupError(
      `Temporal at ${address.address} did not let the search attributes ${wanted.join(', ')} be registered: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  } finally {
    await close();
  }
}

/** The part of Temporal's operator API that is used here. */
interface OperatorService {
  listSearchAttributes(request: { namespace: string }): Promise<{ customAttributes?: Record<string, unknown> | null }>;
  addSearchAttributes(request: { namespace: string; searchAttributes: Record<string, number> }): Promise<unknown>;
}
