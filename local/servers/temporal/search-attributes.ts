import { readConfig, type Env } from '../../../lib/config.ts';
import { temporalReaders, toAddress, createTemporal } from '../../../lib/temporal/client.ts';
import { searchAttributes } from '../../../specs/temporal.ts';
import { SetupError } from '../../setup-error.ts';

/** As the Temporal CLI takes them: `OrderStatus=Keyword`. All are keywords. */
export const searchAttributeFlags = Object.values(searchAttributes).map(({ name }) => `${name}=Keyword`);

/** `Keyword` in Temporal's API. */
const KEYWORD = 2;
const CALL_WITHIN_MS = 10_000;

/** Registers missing search attributes and returns their names. */
export async function registerSearchAttributes(env: Env): Promise<string[]> {
  const address = toAddress(readConfig(env, temporalReaders));
  const { client, close } = createTemporal(address);
  const { namespace } = address;
  const { operatorService } = client.connection as unknown as { operatorService: OperatorService };
  try {
    return await client.connection.withDeadline(Date.now() + CALL_WITHIN_MS, async () => {
      const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
      const missing = Object.values(searchAttributes)
        .map(({ name }) => name)
        .filter((name) => !(name in (customAttributes ?? {})));
      if (missing.length === 0) return [];
      await operatorService.addSearchAttributes({
        namespace,
        searchAttributes: Object.fromEntries(missing.map((name) => [name, KEYWORD])),
      });
      return missing;
    });
  } catch (cause) {
    throw new SetupError(
      `Registering search attributes with Temporal at ${address.address} failed: ${(cause as Error).message}\n` +
        `Orders cannot be searched without them. Register them there yourself: ${searchAttributeFlags.join(', ')}.`,
      { cause },
    );
  } finally {
    await close();
  }
}

interface OperatorService {
  listSearchAttributes(request: { namespace: string }): Promise<{ customAttributes?: Record<string, unknown> | null }>;
  addSearchAttributes(request: { namespace: string; searchAttributes: Record<string, number> }): Promise<unknown>;
}
